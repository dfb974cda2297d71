"""What callers were answered, held against the database: nothing lost, nothing doubled, revisions in order."""

import json
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import Engine, func, select

from cds_service.storage.tables import AUTHORIZATIONS, DETERMINATIONS, REVISIONS
from fhir_mappings.coverage.coverage_information import EXTENSION

WRONG = (
    "told determinations lost",
    "told authorizations lost",
    "authorizations doubled",
    "determinations doubled",
    "revisions out of order",
)


@dataclass
class History:
    """What was told to those who called; `counted` says how their calls ended."""

    ids: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    counted: Counter[str] = field(default_factory=Counter)

    def note(self, reply: bytes) -> None:
        (action,) = json.loads(reply)["systemActions"]
        (ours,) = [one["extension"] for one in action["resource"]["extension"] if one["url"] == EXTENSION]
        parts = {one["url"]: one.get("valueString") for one in ours}
        told = parts.get("coverage-assertion-id")
        self.counted["answered" if told else "technical"] += 1
        self.ids |= {told} if told else set()
        self.numbers |= {parts["satisfied-pa-id"]} if "satisfied-pa-id" in parts else set()


def faults_of(engine: Engine, history: History) -> Counter[str]:
    """Hold the history against the database."""
    with engine.connect() as connection:
        ids = set(connection.execute(select(REVISIONS.c.determination)).scalars())
        keys = connection.execute(select(func.count(), func.count(DETERMINATIONS.c.key.distinct()))).one()
        numbers = connection.execute(select(AUTHORIZATIONS)).all()
        revisions = connection.execute(select(REVISIONS.c.determination, REVISIONS.c.number)).all()
    holders = Counter((one.member, one.policy) for one in numbers)
    found: dict[str, list[int]] = {}
    for one in revisions:
        found.setdefault(one.determination, []).append(one.number)
    return Counter(
        {
            "told determinations lost": len(history.ids - ids),
            "told authorizations lost": len(history.numbers - {one.number for one in numbers}),
            "authorizations doubled": sum(times - 1 for times in holders.values()),
            "determinations doubled": keys[0] - keys[1],
            "revisions out of order": sum(sorted(all_) != list(range(1, len(all_) + 1)) for all_ in found.values()),
        }
    )
