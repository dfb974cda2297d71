"""A determination as its page shows it: each criterion with its truth and why, conflicts, what is still open.

Marks and sentences are those of the cards.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fhir_mappings.wording import Wording
from hooks.coverage_decision.explanations import is_named
from policies.model.criteria import Leaf, Node, Request, walk

Json = dict[str, Any]
_MOST_EVIDENCE = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion: how deep it lies, its truth (a word that also styles it), its mark, what it says, and why."""

    depth: int
    truth: str
    mark: str
    says: str
    why: tuple[str, ...]


def lines(kept: Json, request: Request, say: Wording) -> Iterator[Line]:
    """Yield the criteria of a kept report in words; the request tells how they are nested."""
    report, cited = say.report(kept), say.cited.report(kept["criteria"])
    asked = frozenset(one["linkId"] for one in report["questions"])
    rows = zip(report["criteria"], cited, request.named, request.depths, strict=True)
    for row, reported, node, depth in rows:
        truth = row["truth"]
        if truth == "unknown" and not _is_open(node, asked):
            truth = "idle"
        yield Line(depth, truth, say(f"mark.{truth}"), row["says"], tuple(_why(row, reported["note"], node, say)))


def _is_open(node: Node, asked: frozenset[str]) -> bool:
    return any(isinstance(one, Leaf) and one.fact in asked for one in walk(node))


def _why(row: Json, reported: str, node: Node, say: Wording) -> Iterator[str]:
    """Yield the note and the evidence of a criterion; a group is explained by its parts.

    `reported` is the note with references: what it names is not listed again.
    """
    if not isinstance(node, Leaf):
        return
    note, silent = row["note"], say("fact.silent")
    if note and note != silent:
        yield note
    found = [one for one in row["evidence"] if not _stands_in(one["reference"], reported)]
    for one in found[:_MOST_EVIDENCE]:
        yield ", ".join(_parts(one, say))
    if len(found) > _MOST_EVIDENCE:
        yield say("card.more", n=len(found) - _MOST_EVIDENCE)


def _parts(one: Json, say: Wording) -> list[str]:
    """Return what a piece of evidence shows and when, by its reference or by the organ that it is of."""
    if say.cites:
        return [one[name] for name in ("summary", "date", "reference") if one[name]]
    place = say(f"place.{one['place']}") if one.get("place") else ""
    return [f"{one['summary']} ({place})" if place else one["summary"], *filter(None, [say.day(one["date"])])]


def _stands_in(reference: str, note: str) -> bool:
    """Whether a note reports a piece of evidence: it names it, or it is the answer that the note is about."""
    return is_named(reference, note) or reference.startswith("QuestionnaireResponse")
