"""Every requirement is traced: to the tests that show it, or to the reason why there are none."""

from pathlib import Path

import pytest

from tests.conformance.checking import faults
from tests.conformance.ledger import COLUMNS, LISTS, Ledger, Row, ledgers
from tests.conformance.marks import Mark, collect, marks_of
from tests.conformance.page import PAGE, marks, page, written

NAMES = frozenset({"requirement", "certification"})
DONE = Row("a.1", "A", "SHALL", "server", "It is done", "tested", "")
LATER = Row("a.2", "A", "SHALL NOT", "server", "It is not done", "not yet", "Not built yet")
LEFT = Row("a.3", "A", "SHOULD", "operator", "It is run", "operator", "Theirs")
MARK = Mark("requirement", "a.1", "tests/test_a.py", "test_a")


def found(*rows: Row, marks: tuple[Mark, ...] = (MARK,)) -> list[str]:
    return list(faults(Ledger("requirement", "requirements.csv", rows), marks))


def changed(row: Row, **members: str) -> Row:
    return Row(**{name: members.get(name, getattr(row, name)) for name in COLUMNS})


@pytest.mark.parametrize("number", range(len(LISTS)))
def test_nothing_is_untraced(number: int) -> None:
    assert list(faults(ledgers()[number], marks())) == []


def test_the_page_on_disk_is_the_one_that_is_made() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(), "run `make conformance`"


def test_what_is_traced_has_no_fault() -> None:
    assert found(DONE, LATER, LEFT) == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (changed(DONE, id="a.9"), "a.9 is called tested, but no test carries it"),
        (changed(DONE, reason="x"), "gives a reason as if it were not"),
        (changed(LATER, reason=""), "neither tested nor given a reason, and binds the server"),
        (changed(LEFT, reason=""), "a.3 is neither tested nor given a reason"),
        (changed(LEFT, who="server"), "left to the operator, but 'who' says otherwise"),
        (changed(LEFT, who="them"), "no known 'who': 'them'"),
        (changed(LATER, status="done"), "no known status: 'done'"),
        (changed(LATER, says=""), "lacks"),
        (DONE, "a.1 stands twice"),
    ],
)
def test_a_row_with_a_fault_is_told(row: Row, said: str) -> None:
    assert any(said in fault for fault in found(DONE, row))


@pytest.mark.parametrize("status", ["operator", "not applicable"])
def test_what_is_not_ours_has_no_test(status: str) -> None:
    row = changed(DONE, who=status, status=status, reason="x")
    assert found(row) == [f"requirements.csv: a.1 is called '{status}', but a test carries it"]


def test_a_part_of_what_is_not_there_yet_may_be_tested() -> None:
    assert found(changed(DONE, status="not yet", reason="Half of it")) == []


def test_an_unknown_id_is_told_with_its_place() -> None:
    assert found(LATER) == ["tests/test_a.py::test_a: requirement a.1 is not in requirements.csv"]
    assert found(LATER, marks=()) == []


TEXT = """
import pytest
pytestmark = [pytest.mark.requirement("m")]

@pytest.mark.parametrize("x", [1])
@pytest.mark.requirement("a", "b")
@pytest.mark.certification("c")
def test_one(x): pass

class TestGroup:
    @pytest.mark.requirement("d")
    async def test_two(self): pass
"""


def test_marks_are_read_from_the_syntax() -> None:
    read = [(mark.marker, mark.id, mark.place, mark.fault) for mark in marks_of(TEXT, "t.py", NAMES)]
    assert read == [
        ("requirement", "m", "t.py", ""),
        ("requirement", "a", "t.py::test_one", ""),
        ("requirement", "b", "t.py::test_one", ""),
        ("certification", "c", "t.py::test_one", ""),
        ("requirement", "d", "t.py::test_two", ""),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@pytest.mark.requirement\ndef test_a(): pass", "names no id"),
        ("@pytest.mark.requirement()\ndef test_a(): pass", "names no id"),
        ("@pytest.mark.requirement(*IDS)\ndef test_a(): pass", "written out"),
        ("@pytest.mark.requirement(7)\ndef test_a(): pass", "written out"),
        ("@pytest.mark.requirement('a')\ndef helper(): pass", "no test"),
        ("@pytest.mark.skip\n@pytest.mark.requirement('a')\ndef test_a(): pass", "left out (skip)"),
        ("@pytest.mark.requirement('a')\n@pytest.mark.xfail(strict=True)\ndef test_a(): pass", "left out (xfail)"),
        ("X = [pytest.param(1, marks=pytest.mark.requirement('a'))]", "where it is not read"),
    ],
)
def test_a_mark_that_shows_nothing_is_told(text: str, said: str) -> None:
    (mark,) = marks_of(text, "t.py", NAMES)
    assert said in mark.fault
    assert said in found(LATER, marks=(mark,))[0]


def test_all_files_below_a_folder_are_read(tmp_path: Path) -> None:
    (tmp_path / "tests" / "deep").mkdir(parents=True)
    (tmp_path / "tests" / "deep" / "test_x.py").write_text(TEXT)
    places = {mark.file for mark in collect(tmp_path / "tests", tmp_path, NAMES)}
    assert places == {"tests/deep/test_x.py"}


def test_a_page_counts_and_names() -> None:
    many = tuple(Mark("requirement", "a.1", "tests/t.py", f"test_{number}") for number in range(6))
    text = page([Ledger("requirement", "requirements.csv", (DONE, LATER, LEFT))], (*many, many[0]))
    assert "| A | 1 | 1 | 1 | 0 | 1 |" in text
    assert "| a.1 | SHALL | It is done | tested | [test_0](../tests/t.py), " in text
    assert "[test_3](../tests/t.py), and 2 more |" in text
    assert "| a.2 | SHALL NOT | It is not done | not yet | Not built yet |" in text


def test_a_part_is_named_beside_the_reason() -> None:
    row = changed(DONE, status="not yet", reason="Half")
    text = page([Ledger("requirement", "requirements.csv", (row,))], (MARK,))
    assert "| Half. In part: [test_a](../tests/test_a.py) |" in text


def test_a_list_with_other_columns_is_refused(tmp_path: Path) -> None:
    for _, name in LISTS:
        (tmp_path / name).write_text(",".join(COLUMNS) + "\n")
    assert ledgers(tmp_path)[0].rows == ()
    (tmp_path / "requirements.csv").write_text(",".join(COLUMNS) + "\na,b\n")
    with pytest.raises(ValueError, match=r"requirements.csv, row 2: 2 columns"):
        ledgers(tmp_path)
    (tmp_path / "requirements.csv").write_text("id,says\n")
    with pytest.raises(ValueError, match="first line"):
        ledgers(tmp_path)
