"""What words say of the course of a disease: progression, no progression, relapse, remission; English and Spanish.

They are held against codes only: a code and its words that disagree prove nothing (reading 6).
"""

import re

from fhir_mappings.clinical.anatomy import plain
from policies.terminology.short_texts import remembered

PROGRESSION, NO_PROGRESSION = "progression", "no progression"
_NOT_WORSE = re.compile(
    r"\b(?:no|not|without|sin|absence of|lack of)\b(?:\W+\w+){0,3}?\W+"
    r"(?:progress\w*|progres\w*|worse\w*|recurren\w*|relaps\w*|evidence|evidencia)\b|"
    r"\bprogression[- ]free|\bnon[- ]?progress\w*|\bno evidence of (?:disease|progression)"
)
_WORSE = re.compile(
    r"\b(?:progress(?!ion[- ]free)\w*|progres\w*|wors\w*|empeor\w*|increas\w*|relaps\w*|recurr\w*|recaid\w*)\b"
)
_BETTER = re.compile(
    r"\b(?:stable|estable|respon[sd]\w*|respuesta|remission|remision|improv\w*|mejor\w*|regress\w*|better|"
    r"complete|partial|resolv\w*|ned)\b"
)
_UNSURE = re.compile(
    r"\b(?:possibl\w*|posibl\w*|probabl\w*|suspect\w*|suspici\w*|sospech\w*|rule[sd]?[ -]out|r/o|descart\w*|"
    r"indeterminate|pseudo-?progres\w*|pending|pendiente|versus|vs|unlikely|likely|cannot|unable|"
    r"not (?:assess|evalu)\w*|mixed|mixta|equivocal|unclear|history|prior|previous|family|mother|donor)\b|\?"
)
_RELAPSED = re.compile(r"\b(?:relaps\w*|recurr\w*|refractor\w*|recaid\w*|recidiv\w*|progress\w*)\b")
_REMITTED = re.compile(r"\b(?:remission|remision)\b")


@remembered()
def course_in(text: str) -> frozenset[str]:
    """Return what words say of the disease's course: progression, no progression, both, '?' if unsure, or nothing."""
    words = plain(text)
    rest = _NOT_WORSE.sub(" ", words)
    found = {NO_PROGRESSION} if rest != words or _BETTER.search(rest) else set()
    if _WORSE.search(rest):
        found.add(PROGRESSION)
    if _UNSURE.search(words):
        found.add("?")
    return frozenset(found)


@remembered()
def denies_relapse(text: str) -> bool:
    """Return whether the words of a diagnosis speak of remission and not of relapse."""
    words = plain(text)
    return bool(_REMITTED.search(words)) and not _RELAPSED.search(words)
