"""One random change to a chart on file, tried: what it must not bring about."""

import copy
from random import Random

from tests.metamorphic.changes import SAME, Json
from tests.metamorphic.judging import Seen, cases, met, named, reasons, seen
from tests.metamorphic.turned import unreadable_newer
from tests.metamorphic.turned_further import EVERY

NEWER = "unreadable newer record"
KINDS = (*EVERY, NEWER, *SAME)
_NEWEST_SPEAKS = ("her2-positive", "ecog", "continuation.response")
_TRIES = 20_000
"""Charts that hold a prescription or a claim which counts are few; each is judged once."""


def trial(kind: str, chance: Random) -> str:
    """Change one chart; returns what went wrong, or an empty text. Raises LookupError if no chart can be changed so."""
    for _ in range(_TRIES):
        number = chance.randrange(len(cases()))
        if cases()[number].answered:
            continue
        known = seen(number)
        wrong = _same(kind, known, chance) if kind in SAME else _turned(kind, known, chance)
        if wrong is not None:
            return f"{known.case.place} {known.case.title}: {wrong}" if wrong else ""
    raise LookupError(f"{kind}: none of {_TRIES} charts holds what the change is about")


def _same(kind: str, known: Seen, chance: Random) -> str | None:
    changed = SAME[kind](known.resources, chance)
    after = {one.criterion.id: one.truth for one in reasons(known.case, changed)}
    return ", ".join(name for name in known.truths if known.truths[name] is not after.get(name))


def _turned(kind: str, known: Seen, chance: Random) -> str | None:
    """Change one record that counts; None where the chart has none that the change is about."""
    resources = known.resources
    own = [one for one in resources if one["resourceType"] != "Patient"]
    counted = [one for one in own if any(named(one) in rests for rests in known.met.values())]
    if not counted:
        return None
    if kind == NEWER:
        return _beside(known, resources, chance.choice(counted))
    about = ((one, EVERY[kind](copy.deepcopy(one), chance)) for one in chance.sample(counted, len(counted)))
    record, changed = next(((one, after) for one, after in about if after is not None), (None, None))
    if record is None or changed is None:
        return None
    after = met(reasons(known.case, [changed if one is record else one for one in resources]))
    still = (name for name, rests in after.items() if named(record) in rests)
    gained = [name for name in after if name not in known.met]
    # What is not there at all may have been one side of a contradiction.
    without = met(reasons(known.case, [one for one in resources if one is not record])) if gained else {}
    return ", ".join((*still, *(name for name in gained if name not in without)))


def _beside(known: Seen, resources: list[Json], record: Json) -> str | None:
    newer = unreadable_newer(record, known.case.order.signed)
    days = [str(one.get("effectiveDateTime", ""))[:10] for one in resources if one is not record]
    if newer is None or any(day >= newer["effectiveDateTime"] for day in days):
        return None  # another result may be the newest
    after = met(reasons(known.case, [*resources, newer]))
    return ", ".join(
        name for name, rests in after.items() if named(record) in rests and name.startswith(_NEWEST_SPEAKS)
    )
