"""Reading what a case expects: the block `expect` of a case file."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from policies.model.criteria import RequestKind
from policies.model.truth import Truth
from policies.testcases.casebook import JUDGED, Expected, ExpectedLine, PossibleLine

Content = Mapping[str, Any]


def expected_of(entry: Content) -> Expected:
    """Build what a case expects from its block `expect`, which the schema has checked."""
    asks = entry.get("asks")
    return Expected(
        outcome=entry.get("outcome", JUDGED),
        ruling=Truth(entry["ruling"]) if "ruling" in entry else None,
        request=RequestKind(entry["request"]) if "request" in entry else None,
        criteria=MappingProxyType({name: Truth(word) for name, word in entry.get("criteria", {}).items()}),
        asks=None if asks is None else tuple(asks),
        conflicts=tuple(entry.get("conflicts", ())),
        weak=tuple(entry.get("weak", ())),
        evidence=MappingProxyType(entry.get("evidence", {})),
        notes=MappingProxyType(entry.get("notes", {})),
        unsaid=MappingProxyType(entry.get("unsaid", {})),
        lines=tuple(_line(one) for one in entry["lines"]) if "lines" in entry else None,
        dose=MappingProxyType(entry.get("dose", {})),
        months=entry.get("months"),
        possible=tuple(PossibleLine(one["drug"], one.get("from", ""), one["because"]) for one in _possible(entry)),
    )


def _possible(entry: Content) -> list[Content]:
    found: list[Content] = entry.get("possible", [])
    return found


def _line(entry: Content) -> ExpectedLine:
    return ExpectedLine(
        start=entry["from"],
        last=entry.get("to", entry["from"]),
        drugs=frozenset(entry["drugs"]),
        begins=entry["begins"],
        setting=entry.get("setting", ""),
        may_include=frozenset(entry.get("may include", ())),
    )
