"""Words that take back what a code says: denial, suspicion, history, family, forerunners; in two languages.

Readings 5a and 6: a record whose words and code disagree proves nothing. Here a text is only ever held against a code;
nothing is proven by it. The words are wide on purpose: a text that is taken for a denial by mistake costs a question.
"""

import re

from fhir_mappings.clinical.anatomy import names_spread, plain, sites_in
from fhir_mappings.text_forms.sheets import word_pattern
from policies.terminology.short_texts import remembered

_SHORT_REMARK = 40
"""A remark of so many letters at most is about the whole record; a longer one may tell of one dose of many."""
_REMARK = 120
"""A remark of so many letters at most is about a diagnosis; of a longer one, a story, a part may be denied."""
_SHORT = 3
_WHERE_TO = frozenset({"bone", "brain", "liver", "lung", "pleura", "peritoneum", "adrenal", "skin"})
"""Where cancers spread to, so that a text may name several of them."""


def denial(group: str) -> re.Pattern[str]:
    """Return what finds a word of a group of `denial_words`; raises KeyError for a group that there is not."""
    return word_pattern("denial_words", group)


@remembered()
def _rest(text: str) -> str:
    """Return a text without what sounds like a denial and is none."""
    return denial("set_aside").sub(" ", plain(text))


@remembered()
def takes_back(text: str, own: frozenset[str] = frozenset()) -> bool:
    """Return whether the words of a diagnosis deny it, doubt it, or speak of history, of others or of a forerunner.

    `own` are the sites and kinds of cancer that the words may be of: one that is itself a lymphoma is none of others.
    """
    rest = _rest(text)
    in_place = bool(denial("in_place").search(rest)) and not denial("invasive").search(
        rest.replace("non-invasive", " ")
    )
    kinds = [sites_in(one) for one in denial("another_kind").findall(rest)]
    another = not all(one and one <= own for one in kinds) and "myelom" not in rest and "mielom" not in rest
    return in_place or another or bool(denial("denial").search(rest) or denial("forerunner").search(rest))


@remembered()
def speaks_of_another(text: str, own: frozenset[str], primary: frozenset[str], title: str) -> bool:
    """Return whether the words beside a code name something else than what the code stands for.

    `own` are the sites of the code, `primary` those of the disease, `title` is the code's title in its value set. Words
    that name no site at all must at least speak of cancer, or share a word with the title.
    """
    rest, sites = _rest(text), sites_in(text)
    if sites and sites & (own or primary):
        if own and not own & primary:
            # A metastasis is named as one, and as that of no other cancer.
            of_others = {site for hit in denial("of_site").finditer(rest) for site in sites_in(hit[0])} - own - primary
            is_named = not of_others and (
                names_spread(text) or bool(sites & primary) or bool(denial("involved").search(rest))
            )
            return not denial("cancer").search(rest) or not is_named or bool(sites - own - primary - _WHERE_TO)
        return bool(denial("benign").search(rest)) and not denial("cancer").search(rest) and not own <= {"myeloma"}
    if sites:
        return not (sites <= primary and names_spread(text)) and bool(own or primary)
    shared = {word for word in plain(title).split() if len(word) > _SHORT} & set(rest.split())
    return not (denial("cancer").search(rest) or shared)


@remembered()
def denies_giving(text: str) -> bool:
    """Return whether the words of a product or a procedure say that it was not given, or not to the patient."""
    return bool(denial("not_given").search(plain(text)))


def retracts(text: str) -> bool:
    """Return whether a remark beside a record takes the record back."""
    words = plain(text)
    return bool(denial("retracted").search(words)) or (
        len(words) <= _SHORT_REMARK and bool(denial("remarked").search(denial("beside_patient").sub(" ", words)))
    )


@remembered()
def unsettles_giving(text: str) -> bool:
    """Return whether a short remark beside a treatment says that it was held, missed, or could not be given."""
    words = plain(text)
    return retracts(text) or (len(words) <= _SHORT_REMARK and bool(denial("remarked_giving").search(words)))


@remembered()
def unsettles_result(text: str) -> bool:
    """Return whether a remark beside a result says that it was corrected, is in doubt, or is of something else."""
    rest = denial("remark_set_aside").sub(" ", plain(text))
    return retracts(rest) or bool(denial("unsettled_result").search(rest))


@remembered()
def unsettles_diagnosis(text: str) -> bool:
    """Return whether a remark beside a diagnosis says that it is not confirmed, or that a biopsy denies it."""
    words = plain(text)
    return retracts(text) or (len(words) <= _REMARK and bool(denial("unsettled_diagnosis").search(words)))


@remembered()
def unsettles_spread(text: str) -> bool:
    """Return whether a remark beside a metastasis says that there is none, or that it is something else."""
    words = plain(text)
    return len(words) <= _REMARK and bool(denial("unsettled_spread").search(words))


@remembered()
def denies_event(text: str) -> bool:
    """Return whether the reason of a status says that nothing was done; a course that ended for a reason was given."""
    return bool(denial("retracted").search(words := plain(text)) or denial("not_started").search(words))


@remembered()
def is_of_another_day(text: str) -> bool:
    """Return whether the name of a test says that its value is not of today: a baseline, the worst of a time."""
    return bool(denial("another_day").search(plain(text)))


@remembered()
def names_person(text: str) -> bool:
    """Return whether words speak of somebody, or something, else than the patient: a donor, a relative, a control."""
    return bool(denial("person").search(plain(text)))


@remembered()
def is_no_diagnosis(text: str) -> bool:
    """Return whether the category of a diagnosis says that it is of somebody else, or only considered."""
    return names_person(text) or bool(denial("considered").search(plain(text)))


@remembered()
def is_no_result(text: str) -> bool:
    """Return whether the name of a test says that its value is none of now: a goal, an earlier value, a denial."""
    return bool(denial("no_result").search(plain(text)))
