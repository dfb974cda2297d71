"""Evidence in the few words of a short card: what it is and when, a conflict by its sides, never by an id."""

import re
from collections.abc import Iterable, Iterator

from fhir_mappings.wording import Wording
from policies.model.findings import Finding, Role
from policies.model.notes import Evidence, Note

MOST = 3
"""So many pieces of evidence are shown at most."""
_MEASURED = ("her2.ratio_evidence", "her2.copies_evidence")
_TELLING = (*_MEASURED, "her2.overall_evidence", "her2.ish_evidence", "her2.counts_evidence", "her2.cep17_evidence")
"""Of several values of one test the first of these tells most."""
_NEEDLESS = re.compile(r"(\d+\.\d*?)0*(?:\s*:\s*1)?(?![\d.])")


def dated(one: Evidence, say: Wording) -> str:
    """Return a piece of evidence with its date, where it has one."""
    words = say.words(one.summary)
    return say("brief.dated", what=words, date=say.day(one.date)) if one.date else words


def listed(evidence: Iterable[Evidence], say: Wording) -> str:
    """Return evidence in one line, one piece a result; what is beyond a few is counted."""
    results = list(_results(evidence))
    dated_results = list(dict.fromkeys(dated(one, say) for one in results))
    more = len(dated_results) - MOST
    return "; ".join((*dated_results[:MOST], *((say("card.more", n=more),) if more > 0 else ())))


def sides(finding: Finding, say: Wording) -> str:
    """Return both sides of a conflict, one sentence a result, the oldest first."""
    results = list(_results(finding.counted))
    has_sides = {one.role for one in results} == {Role.FOR, Role.AGAINST}
    written = [_side(one, say, has_sides=has_sides) for one in results]
    more = len(written) - MOST
    return " ".join((*written[:MOST], *((say("card.more", n=more),) if more > 0 else ())))


def _results(evidence: Iterable[Evidence]) -> Iterator[Evidence]:
    """Yield one piece of evidence a result: the values of one test, on one day and of one organ, are one."""
    tests: dict[tuple[str, ...], Evidence] = {}
    for one in evidence:
        test = (one.date, one.place, one.role.word) if _rank(one) < len(_TELLING) else (one.date, one.reference)
        if test not in tests or _rank(one) < _rank(tests[test]):
            tests[test] = one
    yield from sorted(tests.values(), key=lambda one: one.date)


def _rank(one: Evidence) -> int:
    key = one.summary.key if isinstance(one.summary, Note) else ""
    return _TELLING.index(key) if key in _TELLING else len(_TELLING)


def _side(one: Evidence, say: Wording, *, has_sides: bool) -> str:
    place = say(f"place.{one.place}") if one.place else ""
    if not has_sides or _rank(one) >= len(_MEASURED):
        found = dated(one, say)
        return say("brief.side", where=_capital(place), result=found) if place else f"{found}."
    head = " ".join(part for part in (_capital(place), one.date[:4]) if part)
    measure = _NEEDLESS.sub(lambda found: found[1].rstrip("."), say.short(one))
    result = say("brief.amplified" if one.role is Role.FOR else "brief.not_amplified", measure=measure)
    return say("brief.side", where=head, result=result) if head else f"{_capital(result)}."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
