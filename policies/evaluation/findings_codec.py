"""Findings as plain values, so that they can be kept and a ruling can be worked out again from them, to the letter.

A note is kept by its key and figures. What was kept before notes were has sentences in their place: those read as they
stand.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from policies.model.findings import Evidence, Finding, Interval, Origin, Proposal, Range, Role, State, Strength, Value
from policies.model.notes import Clause, Figure, Note, Said, Series

Plain = dict[str, Any]
_NOTE, _SERIES = {"key", "figures"}, {"parts", "between"}


def to_plain(findings: Mapping[str, Finding]) -> Plain:
    """Return findings by the name of their fact, as values that JSON can hold; notes stand in them as they are.

    Who writes them as JSON writes a dataclass by its fields, and what else there is in notes by `as_plain`: a decision
    has hundreds of notes, and most are never read again.
    """
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
        "evidence": list(map(_evidence, finding.evidence)),
        "overruled": list(map(_evidence, finding.overruled)),
        "proposals": list(map(proposal_to_plain, finding.proposals)),
    }


def proposal_to_plain(one: Proposal) -> Plain:
    """Return a proposal as values that JSON can hold."""
    return {
        "evidence": [_spelled(item) for item in one.evidence],
        "words": said_to_plain(one.words),
        "means": _value(one.means),
        "asks": said_to_plain(one.asks),
        "why": said_to_plain(one.why),
        "counts": list(one.counts),
        "answer": one.answer,
        "id": one.name,
    }


def proposal_from_plain(plain: Plain) -> Proposal:
    """Return a proposal that was kept; raises KeyError or ValueError if it is none."""
    means = _from_value(plain["means"])
    if means is None:
        raise ValueError("a proposal means something")
    evidence = tuple(_from_evidence(item) for item in plain["evidence"])
    counts = tuple(plain["counts"])
    words, asks, why = (said_from_plain(plain[name]) for name in ("words", "asks", "why"))
    return Proposal(evidence, words, means, asks, why, counts, plain["answer"], plain.get("id", ""))


def said_to_plain(said: Said) -> str | Plain:
    """Return what is said as values that JSON can hold."""
    if isinstance(said, str):
        return said
    if isinstance(said, Series):
        return {"parts": [said_to_plain(one) for one in said.parts], "between": said.between}
    return {"key": said.key, "figures": {name: _figure(one) for name, one in said.figures.items()}}


def said_from_plain(plain: Any) -> Said:
    """Return what was said and kept; raises ValueError if it is neither a note nor words."""
    if isinstance(plain, str | Note | Series):
        return plain
    if is_series(plain):
        return Series(tuple(map(said_from_plain, plain["parts"])), plain["between"])
    if is_note(plain):
        return Note(plain["key"], **{name: _from_figure(one) for name, one in plain["figures"].items()})
    raise ValueError(f"{plain!r} says nothing")


def is_note(plain: Any) -> bool:
    """Return whether a plain value is a note that was kept."""
    return isinstance(plain, dict) and plain.keys() == _NOTE


def is_series(plain: Any) -> bool:
    """Return whether a plain value is several notes that were kept."""
    return isinstance(plain, dict) and plain.keys() == _SERIES


def as_plain(figure: object) -> Plain:
    """Return what JSON has no form for among the figures of notes; raises TypeError for anything else."""
    if isinstance(figure, Evidence):
        return _cited(figure)
    if isinstance(figure, date):
        return {"date": figure.isoformat()}
    if isinstance(figure, Decimal):
        return {"number": str(figure)}
    raise TypeError(f"{figure!r} is no figure")


def _figure(figure: Figure) -> Any:
    if isinstance(figure, str | int):
        return figure
    if isinstance(figure, Note | Series):
        return said_to_plain(figure)
    if isinstance(figure, Clause):
        return {"said": said_to_plain(figure.said)}
    return as_plain(figure) if isinstance(figure, date | Decimal) else [_spelled(one) for one in figure]


def _cited(item: Evidence) -> Plain:
    """Return evidence that a note names: it stands there beside that of the finding, and so without what is usual."""
    role = "" if item.role is Role.FOR else item.role.word
    strength = "" if item.strength is Strength.STRONG else item.strength.word
    found: Plain = {"reference": item.reference, "summary": item.summary}
    rest = (
        ("date", item.date),
        ("role", role),
        ("system", item.system),
        ("code", item.code),
        ("strength", strength),
        ("place", item.place),
    )
    found.update([pair for pair in rest if pair[1]])
    return found


def _spelled(item: Evidence) -> Plain:
    return _cited(item) | {"summary": said_to_plain(item.summary)}


def _from_figure(plain: Any) -> Figure:
    if isinstance(plain, list):
        return tuple(map(_from_evidence, plain))
    if isinstance(plain, dict) and plain.keys() == {"date"}:
        return date.fromisoformat(plain["date"])
    if isinstance(plain, dict) and plain.keys() == {"number"}:
        return Decimal(plain["number"])
    if isinstance(plain, dict) and plain.keys() == {"said"}:
        return Clause(said_from_plain(plain["said"]))
    return plain if isinstance(plain, int) else said_from_plain(plain)


def _value(value: Value | None) -> Any:
    if isinstance(value, Range):
        return {"at_least": value.at_least, "at_most": value.at_most}
    if not isinstance(value, Interval):
        return value
    low, high = (None if bound is None else str(bound) for bound in (value.low, value.high))
    return {"low": low, "high": high, "unit": value.unit, "open": [value.low_is_open, value.high_is_open]}


def _evidence(item: Evidence) -> Plain:
    return {
        "reference": item.reference,
        "summary": item.summary,
        "date": item.date,
        "role": item.role.word,
        "system": item.system,
        "code": item.code,
        "strength": item.strength.word,
        **({"place": item.place} if item.place else {}),
    }


def _from_finding(plain: Plain) -> Finding:
    evidence = tuple(_from_evidence(item) for item in plain["evidence"])
    overruled = tuple(_from_evidence(item) for item in plain.get("overruled", ()))
    proposals = tuple(proposal_from_plain(one) for one in plain.get("proposals", ()))
    state, value, origin = State(plain["state"]), _from_value(plain["value"]), Origin(plain["origin"])
    return Finding(state, value, evidence, said_from_plain(plain["note"]), origin, overruled, proposals)


def _from_value(plain: Any) -> Value | None:
    if not isinstance(plain, dict):
        read: Value | None = plain
        return read
    if "unit" not in plain:
        return Range(plain["at_least"], plain["at_most"])
    low, high = (None if plain[name] is None else Decimal(plain[name]) for name in ("low", "high"))
    return Interval(low, high, plain["unit"], *plain["open"])


def _from_evidence(plain: Plain) -> Evidence:
    return Evidence(
        plain["reference"],
        said_from_plain(plain["summary"]),
        plain.get("date", ""),
        Role(plain.get("role", Role.FOR.word)),
        plain.get("system", ""),
        plain.get("code", ""),
        Strength(plain.get("strength", Strength.STRONG.word)),
        plain.get("place", ""),
    )
