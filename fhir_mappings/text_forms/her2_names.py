"""What a text of HER2 names, be it understood or not: the marker, a method, a score, a word that bears on a result."""

import re
from collections.abc import Iterable

from fhir_mappings.text_forms.grammar import grammar
from fhir_mappings.text_forms.her2_statement import IHC, ISH, NEGATIVE, POSITIVE, her2_statement
from fhir_mappings.text_forms.words import plain, turns
from policies.terminology.short_texts import remembered

_OF_MATTER = frozenset(
    [
        "ihc",
        "ish",
        "score",
        "three_of_three",
        "zero_to_one",
        "span",
        "plus",
        "positive",
        "negative",
        "equivocal",
        "low",
        "ultralow",
        "amplified",
        "unamplified",
        "overexpressed",
        "not_overexpressed",
        "amplification",
        "expression",
        "present",
        "absent",
        "none_of",
        "no_result",
        "reflex",
        "ratio",
        "her2_copies",
        "cep_copies",
        "share",
        "weak",
        "unstained",
    ]
)
"""The words that say something of a HER2 result."""
_OF_SCORE = frozenset({"marker", "ihc", "score_label", "test", "gene", "the", "dash", "comma"})
_MAY_BE_POSITIVE = frozenset({"score", "span", "three_of_three", "positive", "amplified", "overexpressed"})

_NOT_NEGATIVE = frozenset({"span", "three_of_three", "positive", "equivocal", "overexpressed"})
_MARK = re.compile(r"(?<![0-9.])[23] ?\+")
_SENTENCE = re.compile(r"(?<=[.;,])\s+|[\r\n]+")
_NAMED_MARK = re.compile(
    r"(?<![0-9.+])(?<!her)(?<!her-)(?<!her )([0-3]) ?\+(?!\+|[0-9])"
    r"|\b(?:score|ihc|her-?2(?:/neu)?)(?: of| is|:|=)? ?([0-3])\b(?![.+/%-])"
)
_SHARE = re.compile(
    r"([0-9]+(?:\.[0-9]+)?) ?(?:%|percent|por ciento)(?: of| de)?(?: the| las| invasive| tumou?r| cancer)* "
    r"(?:cells|celulas)"
)
_FEW = 10
"""In so many percent of the cells or fewer a staining is no 3+ (the payer's definition)."""
_PART = re.compile(r"[.;,]\s+|[\r\n]+")
_DENIED = re.compile(
    r"\b(?:not|non|un|no)[- ]?(?:is |gene )?(?:amplified|amplificad[oa]|over-?expressed|sobreexpresad[oa])"
)
_NOT_THREE = re.compile(
    r"\b(?:weak(?:ly)?|faint|incomplete|cytoplasmic|barely perceptible|debil|incomplet[ao]|citoplasm\w+)\b"
    r"|(?:<|<=|\bless than|\bfewer than|\bunder|\bmenos del?) ?10 ?%"
)
"""What is said of a staining that is no 3+; the payer's is complete and intense, in more than 10 % of the cells."""
_TRIPLE = re.compile(r"\btriple[- ]negativ[eoa]\b|\btnbc\b")
_MAY_NAME = re.compile(r"her|erb|epid|trip|tnbc", re.IGNORECASE)
"""A part of every word that names HER2: most texts have none, and need not be read."""
_MINUS = re.compile(r"\bher-?2(?:[/ -]?neu)? ?(?:\(-\)|-(?![a-z0-9])(?! *(?:pos|[23] ?\+|amp|over))|neg(?:\b|at))")
"""HER2 with the sign of a negative, as oncologists write it beside the receptors: HR+/HER2-."""
_PLUS = re.compile(r"\bher-?2(?:[/ -]?neu)? ?(?:\(\+\)|\+(?![0-9])|pos(?:\b|it))")
_HYBRIDIZED = re.compile(r"\b[fcsd]*ish\b|hybridi[sz]|hibridaci")
_LESS = frozenset({"negative", "unamplified", "not_overexpressed", "equivocal", "low", "ultralow"})
_OF_PROBES = frozenset({"ish", "amplified", "unamplified", "amplification", "ratio"})
_SAID = {
    POSITIVE: frozenset({"positive", "amplified", "overexpressed"}),
    NEGATIVE: frozenset({"negative", "unamplified", "not_overexpressed", "absent"}),
}
_OPPOSITE = {POSITIVE: NEGATIVE, NEGATIVE: POSITIVE}


@remembered()
def speaks_of_her2(text: str) -> bool:
    """Return whether a text, understood or not, has a word that says something of a HER2 result."""
    return grammar("her2").names(text, _OF_MATTER)


@remembered()
def names_her2(text: str) -> bool:
    """Return whether a text, understood or not, names HER2."""
    return grammar("her2").names(text, frozenset({"marker"}))


@remembered()
def counts_cells(text: str) -> bool:
    """Return whether a text names the number of cells that were counted."""
    return grammar("her2").names(text, frozenset({"cells_counted"}))


@remembered()
def speaks_of_method(text: str, method: str) -> bool:
    """Return whether a text, understood or not, names the one method and not the other."""
    named = [one for one in (IHC, ISH) if grammar("her2").names(text, frozenset({one}))]
    return named == [method]


@remembered()
def may_be_positive(text: str) -> bool:
    """Return whether a text that is not understood has a mark or a word that may mean a positive result."""
    return grammar("her2").names(text, _MAY_BE_POSITIVE)


@remembered()
def names_a_score(text: str) -> bool:
    """Return whether a text is nothing but the name of a HER2 score."""
    kinds = grammar("her2").kinds(text)
    return kinds is not None and "score_label" in kinds and frozenset(kinds) <= _OF_SCORE


@remembered()
def may_say_more(text: str) -> bool:
    """Return whether a text that names HER2 has a mark or a word of a result that is not negative."""
    signs = _MARK.search(text) or _PLUS.search(plain(text))
    return grammar("her2").names(text, _NOT_NEGATIVE) or signs is not None


@remembered()
def may_say_less(text: str) -> bool:
    """Return whether a part of a text names HER2 with a mark or a word of a result that is not positive."""
    if not _MAY_NAME.search(text):
        return False
    return any(_TRIPLE.search(part) or (_names(part) and _is_less(part)) for part in _PART.split(plain(text)))


def _names(part: str) -> bool:
    return names_her2(part) or _MINUS.search(part) is not None


def _is_less(part: str) -> bool:
    marks = {one[0] or one[1] for one in _NAMED_MARK.findall(part)}
    rest, words = _DENIED.sub(" ", part), grammar("her2")
    is_said = words.names(rest, _SAID[POSITIVE]) or _PLUS.search(part) is not None
    if "3" in marks or (is_said and not _MINUS.search(part)):
        return False
    return bool(marks) or words.names(part, _LESS) or _MINUS.search(part) is not None


def stain_gainsaid(notes: Iterable[str], scores: frozenset[str]) -> bool:
    """Return whether a remark names another score than those of a stain, or says that they are of too few cells."""
    return any(_names_other_score(one, scores) for one in _sentences(notes))


def _names_other_score(sentence: str, scores: frozenset[str]) -> bool:
    marks = {one[0] or one[1] for one in _NAMED_MARK.findall(sentence)}
    if {f"{one}+" if one != "0" else one for one in marks} - scores:
        return True
    if "3+" in scores and _denies_three(sentence):
        return True
    # Words between commas belong to a score that is not in them.
    stated = her2_statement(f"{max(scores, default='0')}, {sentence}", "ihc")
    return stated is not None and stated.few


def _denies_three(sentence: str) -> bool:
    """Return whether a remark says of a 3+ what is none: too few cells, too weak, or negative by another test."""
    if _NOT_THREE.search(sentence) or any(float(one) <= _FEW for one in _SHARE.findall(sentence)):
        return True
    is_of_probes = _HYBRIDIZED.search(sentence) or _DENIED.search(sentence)
    return bool(is_of_probes or _names(sentence)) and _is_less(sentence)


def probes_gainsaid(notes: Iterable[str], kind: str) -> bool:
    """Return whether a remark says the opposite of a result of in situ hybridization."""
    wrong = _SAID.get(_OPPOSITE.get(kind, ""), frozenset())
    words = grammar("her2")
    return any(
        words.names(one, wrong) and (names_her2(one) or words.names(one, _OF_PROBES)) for one in _sentences(notes)
    )


def _sentences(notes: Iterable[str]) -> Iterable[str]:
    """Yield the sentences of remarks in plain letters, without those that are of other markers alone."""
    parts = (part for note in notes for part in _SENTENCE.split(plain(note)))
    return (part for part in parts if part and (names_her2(part) or not turns(part, "markers")))
