"""What reports, notes and diagnoses say of a disease that grows worse: they prove nothing, and leave a status open.

A status that says "no progression" knows nothing of what was written after it (reading 20 of the payer).
"""

import re
from collections.abc import Iterator

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.disease.text_mentions import Look, mentions
from fhir_mappings.text_forms.words import plain
from policies.model.findings import Evidence, Role
from policies.model.notes import Note

_MARKERS = (
    r"(?:m[- ]?(?:spike|protein)|(?:kappa|lambda|free)(?: free)? light chains?|light chains?|(?:kappa|lambda) flc|flc"
    r"|paraprotein\w*|tumou?r markers?|ca ?15[-.]?3|ca ?27[.-]?29|cea|marcadores(?: tumorales)?|componente monoclonal"
    r"|cadenas ligeras)"
)
_RISES = (
    r"(?:rising|rose|rises|increas(?:ed|ing|es)|up-?trend\w*|trending up\w*|climb\w*|doubl\w*|tripl\w*|worsening"
    r"|aument\w+|subiendo|en aumento|en ascenso|elevacion)"
)
_WORSE = re.compile(
    r"\bprogress(?:ion|ed)\b|\bprogressive (?:disease|myeloma|metasta\w+|cancer)\b|\bprogresi(?:on|va)\b|\bprogreso\b"
    r"|\bpd\b(?= (?:by|per|on|in|segun|por)\b| ?[.,;)]|$)|\brelaps\w+|\brecaid\w*|\brecurren(?:ce|t disease)\b"
    r"|\bdisease (?:is )?(?:wors\w+|growing|larger)|\bworsening (?:of )?(?:the )?(?:disease|myeloma|cancer|metasta\w+)"
    r"|\bempeoramiento de la enfermedad\b|\bextramedullary (?:disease|plasmacytomas?)\b|\benfermedad extramedular\b"
    r"|\bnew (?:\w+ ){0,2}(?:lesions?|metasta\w+|mets|plasmacytomas?)\b"
    r"|\bnuev[oa]s? (?:lesion\w*|metastasis|plasmocitomas?)\b"
    rf"|\b{_RISES}(?: \w+){{0,2}} {_MARKERS}\b|\b{_MARKERS}(?: \w+){{0,3}} {_RISES}\b"
)
_DENIED = re.compile(
    r"\b(?:no|not|without|sin|ningun\w*|absence of|lack of|free of|negative for|denies|nor)\b"
    r"(?:[^.;,\w]+\w+){0,4}?[^.;,\w]+"
    r"(?:progress\w*|progres\w*|relaps\w*|recurren\w*|recaid\w*|extramedul\w*|wors\w*|(?:new|nuev[oa]s?|rising|increas\w+)\b[^.;]*)"
    r"|\b(?:non[- ]?)?progression[- ]free\b|\bnon[- ]progress\w*"
)
_OF_NO_EVENT = re.compile(
    r"\b(?:until|till|hasta|if|si|when|upon|at|on|unless|in case of|en caso de|time to|risk of|riesgo de|before)"
    r"(?: (?:the|there is|any|la|disease|tumou?r|evidence of|future|hay))* (?:progress\w*|progres\w*|relaps\w*|recaida)"
    r"|\b(?:monitor\w*|assess\w*|evaluat\w*|watch\w*|check\w*|screen\w*|restag\w*|surveill\w*|vigilar)"
    r"(?: \w+){0,3} (?:progress\w*|progres\w*|relaps\w*|recurren\w*|recaida|new lesions?)"
    r"|\bprogres\w*(?: \w+)? ?: ?(?:none|no|absent|denied|ninguna|n/?a)\b"
)
"""What names a progression that has not happened: a condition, a plan to look for it, an empty heading."""
_EARLIER = re.compile(
    r"\b(?:prior|previous(?:ly)?|history|historia|antecedente\w*|previ[oa]s?|before starting"
    r"|antes de (?:iniciar|comenzar)"
    r"|at diagnosis|al diagnostico|initial\w*|in (?:19|20)[0-9]{2}|relapsed(?: (?:and|or|/))?[ /-]*refractory|rrmm)\b"
)
_SPREAD = re.compile(r"secondary malignant|metasta|relaps|recaida|recurren")
_YEAR = re.compile(r"\b((?:19|20)[0-9]{2})\b")


def worse_since(reading: Reading, status: Span) -> tuple[Evidence, ...]:
    """Return what was written after the day of a status, up to the order, and says that the disease is worse."""
    own = reading.policy.figures.product.drug

    def says_so(sentence: str) -> bool:
        """Return whether a sentence says it, and not of the time of another drug or of an earlier year."""
        years = [int(one) for one in _YEAR.findall(sentence)]
        is_earlier = any(year < status.first.year for year in years) or reading.drugs.named_in(sentence) - {own}
        return says_worse(sentence) and not is_earlier

    told = (*mentions(reading, Look(says_so)), *_begun_since(reading))
    return tuple(one for one in told if _is_since(reading, status, span(one.date)))


def says_worse(sentence: str) -> bool:
    """Return whether a sentence says that the disease is, or may be, worse: not denied, not feared, not of the past."""
    words = plain(sentence)
    rest = _OF_NO_EVENT.sub(" ", _DENIED.sub(" ", words))
    return _WORSE.search(rest) is not None and _EARLIER.search(words) is None


def _is_spread(words: str) -> bool:
    """Return whether the words of a diagnosis are those of a new spread or a relapse."""
    return _SPREAD.search(plain(words)) is not None


def _begun_since(reading: Reading) -> Iterator[Evidence]:
    """Yield the diagnoses of a spread or a relapse, dated by their onset: an entry of each visit begins nothing."""
    for one in admitted(reading).diagnoses:
        words = one.code.words if one.code is not None else ()
        if one.onset is not None and one.standing is Standing.PROVES and any(map(_is_spread, words)):
            shown = shows(one, Note("mention.evidence", words=words[0]), role=Role.POSSIBLE)
            yield shown._replace(date=one.onset.written)


def _is_since(reading: Reading, status: Span, when: Span | None) -> bool:
    return when is not None and status.surely_before(when) and when.first <= reading.as_of
