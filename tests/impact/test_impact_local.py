"""The engine of one machine: every form of charts gives the same rows, and a run that was killed goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cds_service.impact.comparison import Comparison
from cds_service.impact.local_engine import LocalEngine, judge_bucket, read_span, sort_lines
from cds_service.impact.progress import Progress
from cds_service.impact.sources import Folder, SourceError, Span, lines_of
from cds_service.impact.work_folder import WorkError, WorkFolder, fingerprint
from cds_service.impact_report.member_row import READ_ROW, MemberRow
from tests.impact.exports import (
    Json,
    given,
    medication,
    members,
    packed,
    parquet_columns,
    parquet_texts,
    patient,
    plain,
)

DARATUMUMAB = "1721947"
SOME = [
    *members({"a": 1, "b": 2, "c": 3, "d": 0}),
    given("a", "dara"),
    medication("dara", DARATUMUMAB),
    given("b", "mixed"),
    {
        "resourceType": "Medication",
        "id": "mixed",
        "ingredient": [{"itemReference": {"reference": "Medication/dara"}}],
    },
]


def silent(_: str) -> None:
    """Say nothing of how far it is."""


def run(folder: Path, charts: Path, compared: Comparison) -> list[MemberRow]:
    """Run the engine's own steps in this process, as its pool does."""
    (folder / "lines").mkdir(parents=True)
    for number, span in enumerate(Folder(charts).spans()):
        read_span(span, folder / "lines" / f"{number}.parquet", compared, 3)
    sort_lines(folder / "lines", folder / "buckets", 1)
    found: list[MemberRow] = []
    for number in range(3):
        target = folder / f"{number}.ndjson"
        judge_bucket(folder / "buckets" / f"bucket={number}", target, compared)
        found += map(READ_ROW, target.read_bytes().splitlines())
    return sorted(found, key=lambda one: one.member)


@pytest.mark.parametrize("form", [packed, parquet_texts, parquet_columns])
def test_every_form_of_charts_gives_the_same(
    tmp_path: Path, compared: Comparison, form: Callable[[Path, list[Json]], Path]
) -> None:
    expected = run(tmp_path / "one", plain(tmp_path / "plain", SOME), compared)
    assert [one.member for one in expected] == ["Patient/a", "Patient/b", "Patient/c", "Patient/d"]
    assert [one.changed for one in expected] == [(), ("ecog",), (), ()]
    assert run(tmp_path / "two", form(tmp_path / "charts", SOME), compared) == expected


def test_medications_come_to_who_refers_to_them_and_what_they_are_mixed_from_too(
    tmp_path: Path, compared: Comparison
) -> None:
    found = {one.member: one for one in run(tmp_path / "one", plain(tmp_path / "plain", SOME), compared)}
    asked = "prior-therapies.anti-cd38"
    assert [found[f"Patient/{name}"].before.criteria[asked] for name in "abc"] == ["met", "met", "unknown"]


def test_a_large_file_is_cut_at_the_ends_of_lines_and_the_lines_keep_their_numbers(tmp_path: Path) -> None:
    file = tmp_path / "Patient.ndjson"
    lines = [b'{"id":"%d"}' % number + b" " * (number % 7) for number in range(1, 60)]
    lines[10] = b""
    file.write_bytes(b"\r\n".join(lines))
    spans = list(Folder(tmp_path).spans(64))
    assert len(spans) > 5
    found = [one for span in spans for one in lines_of(span)]
    assert found == [(text, number) for number, text in enumerate(lines, 1) if text]
    assert found == list(lines_of(Span(str(file))))


def test_the_pool_gives_what_one_process_gives_and_goes_on_where_it_was_killed(
    tmp_path: Path, compared: Comparison
) -> None:
    charts = plain(tmp_path / "charts", SOME)
    work = WorkFolder(tmp_path / "work")
    work.begin("this")
    said: list[str] = []
    engine = LocalEngine(str(charts), work, 1)
    expected = run(tmp_path / "one", charts, compared)
    assert sorted(engine.rows(compared, Progress(said.append)), key=lambda one: one.member) == expected
    assert said[-1].startswith("judging: 2 of 2, 4 members")
    # Killed before one bucket was whole: the others, and what was read and sorted, are not done again.
    outcomes = sorted((work.path / "outcomes").iterdir())
    changed = outcomes[0].stat().st_mtime_ns
    outcomes[1].unlink()
    (work.path / "outcomes" / "000001.ndjson.unfinished").write_bytes(b"half a li")
    said.clear()
    assert sorted(engine.rows(compared, Progress(said.append)), key=lambda one: one.member) == expected
    assert [one.partition(",")[0] for one in said] == [
        "reading: 5 of 5",
        "sorting: 1 of 1",
        "judging: 1 of 2",
        "judging: 2 of 2",
    ]
    assert outcomes[0].stat().st_mtime_ns == changed


def test_another_run_in_the_folder_begins_anew_and_a_strange_folder_is_left_alone(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path / "work")
    work.begin("one")
    work.part("lines/0").write_text("x")
    work.begin("one")
    assert work.part("lines/0").exists()
    work.begin("two")
    assert not work.part("lines/0").exists()
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "mine.txt").write_text("x")
    with pytest.raises(WorkError, match="not of a run"):
        WorkFolder(strange).begin("one")


def test_a_run_is_another_if_the_charts_or_the_draft_are(tmp_path: Path, compared: Comparison, draft: Path) -> None:
    charts = plain(tmp_path / "charts", SOME)
    engine = LocalEngine(str(charts), WorkFolder(tmp_path / "work"), 1)
    first = fingerprint(compared, "local", engine.described())
    assert first == fingerprint(compared, "local", engine.described())
    assert first != fingerprint(compared, "spark", engine.described())
    plain(charts, [patient("z")])
    assert first != fingerprint(compared, "local", engine.described())


@pytest.mark.parametrize("content", [b"\x1f\x8bbroken", b"not packed at all"])
def test_a_file_that_cannot_be_read_ends_the_run_with_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "Patient.ndjson.gz").write_bytes(content)
    with pytest.raises(SourceError, match=r"Patient\.ndjson\.gz"):
        list(lines_of(Span(str(tmp_path / "Patient.ndjson.gz"))))


def test_a_folder_without_charts_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no"):
        Folder(tmp_path).files()
    with pytest.raises(SourceError, match="is no folder"):
        Folder(tmp_path / "nowhere").files()
