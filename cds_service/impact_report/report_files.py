"""What a run leaves: a summary as JSON, tables as CSV, and a page with plots. They name members by reference only."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined

from cds_service.impact_report import plots
from cds_service.impact_report.member_row import MemberRow
from cds_service.impact_report.summary import TRUTHS
from cds_service.impact_report.tally import SIDES, Tally

_MEMBERS = (
    "member",
    "before",
    "after",
    "request-before",
    "request-after",
    "whole",
    "criteria",
    "open-before",
    "open-after",
)
_FAULTS = ("file", "line", "member", "reason")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """A folder for the files of a report."""

    folder: Path

    def write(self, rows: Iterable[MemberRow], tally: Tally) -> None:
        """Write and count the members who change, or are not whole or not judged, and the lines that were not read."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._table("members", _MEMBERS) as members, self._table("faults", _FAULTS) as faults:
            for row in rows:
                tally.add(row)
                faults.writerows(_plain(one.file, one.line, row.member, one.reason) for one in row.faults)
                if row.member and (row.changed or not (row.whole and row.is_judged)):
                    members.writerow(_member(row))

    def summarize(self, found: dict[str, Any]) -> None:
        """Write a summary as JSON, as tables and as a page."""
        (self.folder / "impact.json").write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
        (self.folder / "impact.html").write_text(page(found), "utf-8")
        for name, header, lines in _tables(found):
            with self._table(name, header) as table:
                table.writerows(_plain(*one) for one in lines)

    @contextmanager
    def _table(self, name: str, header: Sequence[str]) -> Iterator[Any]:
        with (self.folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            yield writer


def _member(row: MemberRow) -> list[Any]:
    before, after = row.before, row.after
    moved = (f"{one}: {before.criteria.get(one, 'none')} > {after.criteria.get(one, 'none')}" for one in row.changed)
    opened = (" ".join(before.questions), " ".join(after.questions))
    whole = "yes" if row.whole else "no"
    return _plain(
        row.member, before.ruling, after.ruling, before.request, after.request, whole, "; ".join(moved), *opened
    )


def _plain(*cells: Any) -> list[Any]:
    """Return cells that no spreadsheet takes for a formula: file names, and what is said of faults, can be anything."""
    return [f"'{one}" if isinstance(one, str) and one.startswith(_FORMULAS) else one for one in cells]


def _tables(found: dict[str, Any]) -> Iterator[tuple[str, Sequence[str], Sequence[Sequence[Any]]]]:
    """Yield the tables of a summary: name, header, lines."""
    rulings = [(one["request"], one["ruling"], one["before"], one["after"]) for one in found["rulings"]]
    yield "rulings", ("request", "ruling", "before", "after"), rulings
    changes = [
        (one["before"], one["after"], one["members"], " ".join(shown["member"] for shown in one["examples"]))
        for one in found["transitions"]
    ]
    yield "transitions", ("before", "after", "members", "examples"), changes
    criteria = [
        (one["id"], one["says"], *(one[side][truth] for side in SIDES for truth in TRUTHS)) for one in found["criteria"]
    ]
    sides = (f"{truth}-{side}" for side in SIDES for truth in TRUTHS)
    yield "criteria", ("criterion", "says", *sides), criteria
    moves = [
        (one["id"], move["before"], move["after"], move["members"])
        for one in found["criteria"]
        for move in one["changes"]
    ]
    yield "criterion-changes", ("criterion", "before", "after", "members"), moves
    questions = [(one["fact"], one["what"], one["before"], one["after"]) for one in found["questions"]]
    yield "questions", ("fact", "what", "before", "after"), questions


def page(found: dict[str, Any]) -> str:
    """Return the page of a summary: one file, which needs nothing else."""
    pages = Environment(loader=PackageLoader("cds_service"), autoescape=True, undefined=StrictUndefined)
    sides = {
        side: {truth: sum(one[side] for one in found["rulings"] if one["ruling"] == truth) for truth in TRUTHS}
        for side in SIDES
    }
    return pages.get_template("impact.html").render(
        found=found, plots=plots, sides=sides, flow=plots.flow(found["transitions"]), truths=TRUTHS
    )
