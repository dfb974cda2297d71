"""Findings as plain values, so that they can be kept and a ruling can be worked out again from them, to the letter."""

from collections.abc import Mapping
from typing import Any

from policies.model.findings import Evidence, Finding, Origin, Range, Role, State, Strength, Value

Plain = dict[str, Any]


def to_plain(findings: Mapping[str, Finding]) -> Plain:
    """Return findings by the name of their fact, as values that JSON can hold."""
    return {name: _finding(finding) for name, finding in findings.items()}


def from_plain(kept: Mapping[str, Any]) -> dict[str, Finding]:
    """Return the findings that were kept; raises KeyError or ValueError if they are none."""
    return {name: _from_finding(plain) for name, plain in kept.items()}


def _finding(finding: Finding) -> Plain:
    return {
        "state": finding.state.word,
        "value": _value(finding.value),
        "note": finding.note,
        "origin": finding.origin.word,
        "evidence": [_evidence(item) for item in finding.evidence],
        "overruled": [_evidence(item) for item in finding.overruled],
    }


def _value(value: Value | None) -> Any:
    return {"at_least": value.at_least, "at_most": value.at_most} if isinstance(value, Range) else value


def _evidence(item: Evidence) -> Plain:
    return {
        "reference": item.reference,
        "summary": item.summary,
        "date": item.date,
        "role": item.role.word,
        "system": item.system,
        "code": item.code,
        "strength": item.strength.word,
    }


def _from_finding(plain: Plain) -> Finding:
    evidence = tuple(_from_evidence(item) for item in plain["evidence"])
    value = plain["value"]
    read: Value | None = Range(value["at_least"], value["at_most"]) if isinstance(value, dict) else value
    overruled = tuple(_from_evidence(item) for item in plain.get("overruled", ()))
    return Finding(State(plain["state"]), read, evidence, plain["note"], Origin(plain["origin"]), overruled)


def _from_evidence(plain: Plain) -> Evidence:
    return Evidence(
        plain["reference"],
        plain["summary"],
        plain["date"],
        Role(plain["role"]),
        plain["system"],
        plain["code"],
        Strength(plain["strength"]),
    )
