"""The report: counts, tables, and a page that needs nothing else; it names members by reference only."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cds_service.impact.comparison import Comparison
from cds_service.impact_report.member_row import Fault, MemberRow, Side
from cds_service.impact_report.plots import WIDTH, flow, stacked
from cds_service.impact_report.report_files import ReportFiles, page
from cds_service.impact_report.summary import Summary
from cds_service.impact_report.tally import EXAMPLES, Tally


def side(ruling: str, ecog: str, *questions: str, request: str = "initial") -> Side:
    return Side(request, ruling, {"diagnosis": "met", "ecog": ecog}, questions)


ROWS = [
    *(MemberRow(f"Patient/s{n}", side("met", "met"), side("met", "met")) for n in range(3)),
    *(MemberRow(f"Patient/c{n}", side("met", "met"), side("not-met", "not-met")) for n in reversed(range(7))),
    MemberRow("Patient/u", side("unknown", "unknown", "ecog"), side("unknown", "unknown", "ecog", "multiple_myeloma")),
    MemberRow("Patient/x", whole=False, faults=(Fault("=cmd()", 4, "why"),)),
    MemberRow("", whole=False, faults=(Fault("f", 1, "why"), Fault("f", 2, "why"))),
]


def written(folder: Path, compared: Comparison, rows: list[MemberRow]) -> Summary:
    summary = Summary(compared.before, compared.after, compared.on, "some charts", Tally())
    files = ReportFiles(folder)
    files.write(rows, summary.tally)
    files.summarize(summary.json)
    return summary


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_what_is_counted(tmp_path: Path, compared: Comparison) -> None:
    written(tmp_path, compared, ROWS)
    found = json.loads((tmp_path / "impact.json").read_text("utf-8"))
    assert found["members"] == {"all": 12, "judged": 11, "changed": 7, "not-whole": 1}
    assert found["faults"] == {"all": 3, "of-nobody": 2}
    assert [(one["before"], one["after"], one["members"]) for one in found["transitions"]] == [
        ("met", "met", 3),
        ("met", "not-met", 7),
        ("unknown", "unknown", 1),
    ]
    shown = found["transitions"][1]["examples"]
    assert [one["member"] for one in shown] == [f"Patient/c{n}" for n in range(EXAMPLES)]
    assert all(one["criteria"] == ["ecog"] for one in shown)
    ecog = next(one for one in found["criteria"] if one["id"] == "ecog")
    assert (ecog["before"], ecog["after"]) == (
        {"met": 10, "unknown": 1, "not-met": 0},
        {"met": 3, "unknown": 1, "not-met": 7},
    )
    assert ecog["changes"] == [{"before": "met", "after": "not-met", "members": 7}]
    assert {one["fact"]: (one["before"], one["after"]) for one in found["questions"]} == {
        "ecog": (1, 1),
        "multiple_myeloma": (0, 1),
    }


def test_the_order_of_rows_changes_nothing(tmp_path: Path, compared: Comparison) -> None:
    one, other = (written(tmp_path / name, compared, rows) for name, rows in (("a", ROWS), ("b", ROWS[::-1])))
    assert one.json == other.json


def test_the_tables(tmp_path: Path, compared: Comparison) -> None:
    written(tmp_path, compared, ROWS)
    members = table(tmp_path / "members.csv")
    assert {one["member"] for one in members} == {"Patient/x", *(f"Patient/c{n}" for n in range(7))}
    assert next(one for one in members if one["member"] == "Patient/c1")["criteria"] == "ecog: met > not-met"
    assert [(one["file"], one["line"], one["member"]) for one in table(tmp_path / "faults.csv")] == [
        ("'=cmd()", "4", "Patient/x"),
        ("f", "1", ""),
        ("f", "2", ""),
    ]
    assert table(tmp_path / "criterion-changes.csv") == [
        {"criterion": "ecog", "before": "met", "after": "not-met", "members": "7"}
    ]
    assert {file.name for file in tmp_path.iterdir()} == {
        *("impact.json", "impact.html", "members.csv", "faults.csv", "rulings.csv", "transitions.csv"),
        *("criteria.csv", "criterion-changes.csv", "questions.csv"),
    }


def test_the_page_is_whole_and_needs_nothing_else(tmp_path: Path, compared: Comparison) -> None:
    text = page(written(tmp_path, compared, ROWS).json | {"charts": "<script>alert(1)</script>"})
    assert "<script>" not in text
    assert "http://" not in text
    assert "https://" not in text
    plots = [one.partition("</svg>")[0] for one in text.split("<svg")[1:]]
    assert len(plots) == 2 + 2 + 2
    for one in plots:
        ET.fromstring(f"<svg{one}</svg>")
    assert "2 of the lines that could not be read do not say whose they are" in text


@pytest.mark.parametrize("rows", [[], [ROWS[-2]], [ROWS[-1]]])
def test_a_run_in_which_nobody_was_judged_has_a_page_too(
    tmp_path: Path, compared: Comparison, rows: list[MemberRow]
) -> None:
    written(tmp_path, compared, rows)
    assert "No point is open" in (tmp_path / "impact.html").read_text("utf-8")


def test_bars_fill_their_width_and_flows_keep_their_members() -> None:
    bars = stacked({"met": 1, "unknown": 0, "not-met": 3}, 4)
    assert [(one.kind, one.start, one.length) for one in bars] == [
        ("met", 0, WIDTH / 4),
        ("not-met", WIDTH / 4, WIDTH * 3 / 4),
    ]
    found = flow(
        [{"before": "met", "after": "unknown", "members": 2}, {"before": "not-met", "after": "met", "members": 6}]
    )
    assert [(one.side, one.kind, one.members) for one in found.nodes] == [
        ("before", "met", 2),
        ("before", "not-met", 6),
        ("after", "met", 6),
        ("after", "unknown", 2),
    ]
    heights = {(one.side, one.kind): one.height for one in found.nodes}
    assert heights["before", "not-met"] == pytest.approx(3 * heights["before", "met"])
    assert stacked({}, 0) == ()
