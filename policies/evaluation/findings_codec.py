"""Findings as plain values, so that they can be kept and a ruling can be worked out again from them, to the letter."""

from collections.abc import Mapping
from typing import Any

from policies.model.findings import Evidence, Finding, Origin, Proposal, Range, Role, State, Strength, Value

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
        "proposals": [proposal_to_plain(one) for one in finding.proposals],
    }


def proposal_to_plain(one: Proposal) -> Plain:
    """Return a proposal as values that JSON can hold."""
    return {
        "evidence": [_evidence(item) for item in one.evidence],
        "words": one.words,
        "means": _value(one.means),
        "asks": one.asks,
        "why": one.why,
        "counts": list(one.counts),
        "answer": one.answer,
    }


def proposal_from_plain(plain: Plain) -> Proposal:
    """Return a proposal that was kept; raises KeyError or ValueError if it is none."""
    means = _from_value(plain["means"])
    if means is None:
        raise ValueError("a proposal means something")
    evidence = tuple(_from_evidence(item) for item in plain["evidence"])
    counts = tuple(plain["counts"])
    return Proposal(evidence, plain["words"], means, plain["asks"], plain["why"], counts, plain["answer"])


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
    overruled = tuple(_from_evidence(item) for item in plain.get("overruled", ()))
    proposals = tuple(proposal_from_plain(one) for one in plain.get("proposals", ()))
    state, value, origin = State(plain["state"]), _from_value(plain["value"]), Origin(plain["origin"])
    return Finding(state, value, evidence, plain["note"], origin, overruled, proposals)


def _from_value(plain: Any) -> Value | None:
    read: Value | None = Range(plain["at_least"], plain["at_most"]) if isinstance(plain, dict) else plain
    return read


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
