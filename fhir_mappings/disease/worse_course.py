"""What reports, notes and diagnoses say of a disease that grows worse: they prove nothing, and leave a status open.

A status that says "no progression" knows nothing of what was written after it (reading 20 of the payer).
"""

import re
from collections.abc import Iterator

from fhir_mappings.admission.evidence import admitted
from fhir_mappings.chart.evidence import shows
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.anatomy import plain
from fhir_mappings.clinical.dates import Span, span
from fhir_mappings.clinical.standings import Standing
from fhir_mappings.disease.text_mentions import Look, mentions
from fhir_mappings.text_forms.sheets import word_pattern
from policies.model.findings import Evidence, Role
from policies.model.notes import Note

_YEAR = re.compile(r"\b((?:19|20)[0-9]{2})\b")


def worse_since(reading: Reading, status: Span) -> tuple[Evidence, ...]:
    """Return what was written after the day of a status, up to the order, and says that the disease is worse."""
    own = reading.policy.figures.product.drug

    def says_so(sentence: str) -> bool:
        """Return whether a sentence says it, and not of the time of another drug or of an earlier year."""
        if not says_worse(sentence):
            return False
        words = _of_now(plain(sentence))
        years = [int(one) for one in _YEAR.findall(words)]
        is_earlier = any(year < status.first.year for year in years) or reading.drugs.named_in(words) - {own}
        return not is_earlier

    found = (*mentions(reading, Look(says_so)), *_begun_since(reading))
    return tuple(one for one in found if _is_since(reading, status, span(one.date)))


def says_worse(sentence: str) -> bool:
    """Return whether a sentence says that the disease is, or may be, worse: not denied, not feared, not of the past."""
    words = _of_now(plain(sentence))
    rest = _words("worse_not_now").sub(" ", _words("worse_denied").sub(" ", words))
    return _words("worse").search(rest) is not None and _words("earlier").search(words) is None


def _of_now(words: str) -> str:
    """Return the part of a sentence that is of the present.

    It ends where a next treatment is named, begins where the sentence turns to now, and has not what a picture is
    compared with.
    """
    now = _words("compared").sub(" ", words)
    *_, now = _words("now").split(now)
    worse = _words("worse").search(now)
    plan = _words("planned").search(now, worse.end()) if worse is not None else None
    return now[: plan.start()] if plan is not None else now


def _words(group: str) -> re.Pattern[str]:
    return word_pattern("course_words", group)


def _is_spread(words: str) -> bool:
    """Return whether the words of a diagnosis are those of a new spread or a relapse."""
    return _words("spread").search(plain(words)) is not None


def _begun_since(reading: Reading) -> Iterator[Evidence]:
    """Yield the diagnoses of a spread or a relapse, dated by their onset: an entry of each visit begins nothing."""
    for one in admitted(reading).diagnoses:
        words = one.code.words if one.code is not None else ()
        if one.onset is not None and one.standing is Standing.PROVES and any(map(_is_spread, words)):
            shown = shows(one, Note("mention.evidence", words=words[0]), role=Role.POSSIBLE)
            yield shown._replace(date=one.onset.written)


def _is_since(reading: Reading, status: Span, when: Span | None) -> bool:
    return when is not None and status.surely_before(when) and when.first <= reading.as_of
