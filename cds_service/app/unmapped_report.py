"""What looked like a fact and could not decide, counted over a period: local and unverified codes, and texts.

Read from the findings of determinations, of each its newest revision in the period. Nothing of a patient is given out
but the name of a code; texts are counted by fact and length, and shown only to who asks for them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Engine, select

from cds_service.database.transactions import reading
from cds_service.storage.revision_texts import texts_of
from cds_service.storage.statements import OF_TEXTS
from cds_service.storage.tables import DETERMINATIONS, REVISIONS
from fhir_mappings.wording import Wording
from policies.evaluation.findings_codec import from_plain
from policies.model.findings import Evidence, Finding, Role

IsKnown = Callable[[str, str], bool]
"""Whether a code (system, code) is one that some policy reads."""
_LENGTHS = (20, 50, 100)


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A code, or texts of one length, that was seen for a fact: how often, and how often people said yes and no to it.

    `system` and `code` are empty for texts, of which `name` is the length in words. `texts` are what they say,
    `tenants` whose records it was seen in.
    """

    fact: str
    system: str
    code: str
    name: str
    times: int
    yes: int
    no: int
    texts: tuple[str, ...]
    tenants: tuple[str, ...] = ()


@dataclass(slots=True)
class _Tally:
    times: int = 0
    said: Counter[bool] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    texts: dict[str, None] = field(default_factory=dict)
    tenants: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class SqlUnmapped:
    """Counts what could not decide."""

    engine: Engine
    say: Wording

    def report(self, first: date, last: date, is_known: IsKnown) -> tuple[Unmapped, ...]:
        """Count by fact and code what determinations of a period (both days included) hold; the most frequent first."""
        counted: dict[tuple[str, str, str, str], _Tally] = {}
        for policy, tenant, findings in self._newest(first, last):
            for name, finding in findings.items():
                for item in dict.fromkeys(finding.evidence):
                    tally = self._counted(counted, f"{policy} {name}", finding, item, is_known)
                    if tally is not None:
                        tally.tenants.add(tenant)
        rows = (
            Unmapped(
                fact=fact,
                system=system,
                code=code,
                name=length or next(iter(dict(one.names.most_common(1))), ""),
                times=one.times,
                yes=one.said[True],
                no=one.said[False],
                texts=tuple(one.texts),
                tenants=tuple(sorted(one.tenants)),
            )
            for (fact, system, code, length), one in counted.items()
        )
        return tuple(sorted(rows, key=lambda one: (-one.times, one.fact, one.system, one.code, one.name)))

    def _newest(self, first: date, last: date) -> Iterator[tuple[str, str, Mapping[str, Finding]]]:
        sought = (
            select(
                *OF_TEXTS,
                DETERMINATIONS.c.policy,
                DETERMINATIONS.c.tenant,
            )
            .join_from(REVISIONS, DETERMINATIONS)
            .where(REVISIONS.c.day >= first, REVISIONS.c.day <= last)
            .order_by(REVISIONS.c.number)
        )
        with reading(self.engine) as connection:
            newest = {row.determination: row for row in connection.execute(sought)}
            for row in newest.values():
                yield row.policy, row.tenant, from_plain(texts_of(connection, row).findings)

    def _counted(
        self,
        counted: dict[tuple[str, str, str, str], _Tally],
        fact: str,
        finding: Finding,
        item: Evidence,
        is_known: IsKnown,
    ) -> _Tally | None:
        """Count a piece of evidence that could not decide, and return where it is counted; None for any other."""
        answers = [
            one.answer for one in finding.proposals if item.reference == one.reference and item.summary == one.words
        ]
        if item.role is not Role.POSSIBLE and not answers:
            return None
        if item.code and is_known(item.system, item.code):
            return None
        text = self.say.words(item.summary)
        length = "" if item.code else _length(text)
        tally = counted.setdefault((fact, item.system, item.code, length), _Tally())
        tally.times += 1
        tally.said.update(answer for answer in answers if answer is not None)
        if item.code:
            tally.names[text.partition(": ")[0].partition(" (")[0].strip('"')] += 1
        tally.texts[text] = None
        return tally


def _length(text: str) -> str:
    most = next((one for one in _LENGTHS if len(text) <= one), None)
    return f"up to {most} characters" if most is not None else f"over {_LENGTHS[-1]} characters"
