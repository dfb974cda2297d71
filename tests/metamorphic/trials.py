"""One random change to a chart on file, tried: what it must not bring about."""

import copy
from random import Random

from policies.testcases.casebook import Case
from tests.metamorphic.changes import SAME, Json
from tests.metamorphic.judging import cases, met, named, reasons, resources_of
from tests.metamorphic.turned import TURNED, unreadable_newer

NEWER = "unreadable newer record"
KINDS = (*TURNED, NEWER, *SAME)
_NEWEST_SPEAKS = ("her2-positive", "ecog", "continuation.response")
_TRIES = 50


def trial(kind: str, chance: Random) -> str:
    """Change one chart; returns what went wrong, or an empty text."""
    for _ in range(_TRIES):
        case = chance.choice(cases())
        if case.answered:
            continue
        wrong = _same(kind, case, chance) if kind in SAME else _turned(kind, case, chance)
        if wrong is not None:
            return f"{case.place} {case.title}: {wrong}" if wrong else ""
    return ""


def _same(kind: str, case: Case, chance: Random) -> str | None:
    resources = resources_of(case)
    before = {one.criterion.id: one.truth for one in reasons(case, resources)}
    after = {one.criterion.id: one.truth for one in reasons(case, SAME[kind](copy.deepcopy(resources), chance))}
    return ", ".join(name for name in before if before[name] is not after.get(name))


def _turned(kind: str, case: Case, chance: Random) -> str | None:
    """Change one record that counts; None where the chart has none that the change is about."""
    resources = resources_of(case)
    before = met(reasons(case, resources))
    own = [one for one in resources if one["resourceType"] != "Patient"]
    counted = [one for one in own if any(named(one) in rests for rests in before.values())]
    if not counted:
        return None
    record = chance.choice(counted)
    if kind == NEWER:
        return _beside(case, resources, before, record)
    changed = TURNED[kind](copy.deepcopy(record), chance)
    if changed is None:
        return None
    after = met(reasons(case, [changed if one is record else one for one in resources]))
    still = (name for name, rests in after.items() if named(record) in rests)
    return ", ".join((*still, *(name for name in after if name not in before)))


def _beside(case: Case, resources: list[Json], before: dict[str, frozenset[str]], record: Json) -> str | None:
    newer = unreadable_newer(record, case.order.signed)
    if newer is None:
        return None
    after = met(reasons(case, [*resources, newer]))
    return ", ".join(
        name for name, rests in after.items() if named(record) in rests and name.startswith(_NEWEST_SPEAKS)
    )
