"""Questions and what was determined on them: one determination a question, a revision each time that it changes."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import uuid4

import orjson

from cds_service.register.work import Work
from cds_service.storage import revision_texts, statements
from cds_service.storage.revision_texts import COLUMN, OF_ONE_TEXT
from cds_service.storage.tables import DETERMINATIONS, REVISIONS
from hooks.records.register_port import DeterminationKey, Record
from policies.evaluation.findings_codec import as_plain
from policies.model.dates import CallDay

_NOT_CONTENT = frozenset({"order", "as_of"})
_MOST_ORDERS = 50
"""How many orders a determination names beside those of its revisions: a client can write any number."""
_EMPTY = dict.fromkeys(OF_ONE_TEXT, "")
_COLUMNS = tuple(one.name for one in DETERMINATIONS.columns)


@dataclass(frozen=True, slots=True)
class Questions:
    """What is on file of questions, as one call of the given id and day finds and answers them."""

    work: Work
    call: str
    today: CallDay

    def determine(self, key: DeterminationKey, record: Record) -> str:
        """Keep a determination and return its id; unchanged content makes no new revision."""
        found = self.work.first(statements.DETERMINATION, {"of_key": hashed(key)})
        content = _content(record)
        kept = self.work.fingerprint(content)
        if found is None:
            name = self._new(key)
            self._revise(name, 1, kept, record)
            return name
        if found.content in {kept, content}:
            self._report_again(found, record.order)
        else:
            self._revise(found.id, (found.number or 0) + 1, kept, record)
        return str(found.id)

    def _new(self, key: DeterminationKey) -> str:
        name, whose = str(uuid4()), key.columns
        before = self.work.first(statements.SUPERSEDED, whose)
        row = {"id": name, "key": hashed(key), "supersedes": before.id if before is not None else None}
        self.work.add_sealed(DETERMINATIONS, row | whose)
        return name

    def _report_again(self, found: Any, order: str) -> None:
        """Keep that a determination was reported once more today, and for which order.

        A second time on one day, for an order that is known, changes nothing.
        """
        orders = _with_order(found, order)
        if (found.told_again, found.orders) != (self.today, orders):
            row = {name: getattr(found, name) for name in _COLUMNS} | {"told_again": self.today, "orders": orders}
            given = {"of": found.id, "on_day": self.today, "for_orders": orders}
            self.work.change_sealed(statements.REPORTED_AGAIN, given, DETERMINATIONS, row)

    def _revise(self, name: str, number: int, content: str, record: Record) -> None:
        row = {"determination": name, "number": number, "call": self.call, "day": self.today, "content": content}
        kept = {"order": record.order, "as_of": record.as_of, "policy_version": record.policy_version}
        place = revision_texts.place_of(COLUMN, name, number)
        self.work.add_sealed(
            REVISIONS, row | kept | _EMPTY | {COLUMN: self.work.seal(place, revision_texts.packed(record))}
        )


def _with_order(found: Any, order: str) -> str | None:
    """Return the further orders of a determination with one more, the newest last; the oldest of many are left out."""
    known = (found.orders or "").split()
    if order in {found.order, *known}:
        return str(found.orders) if found.orders is not None else None
    return f" {' '.join([*known, order][-_MOST_ORDERS:])} "


def hashed(key: DeterminationKey) -> str:
    """Return what a question is found by."""
    return sha256(orjson.dumps(list(key.columns.values()))).hexdigest()


def _content(record: Record) -> str:
    """Return the hash of what a determination says; the order's own id and date are no part of it."""
    said = {name: value for name, value in record.report.items() if name not in _NOT_CONTENT}
    return sha256(orjson.dumps(said, as_plain, orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME)).hexdigest()
