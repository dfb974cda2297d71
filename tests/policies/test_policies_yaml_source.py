from decimal import Decimal
from pathlib import Path

import pytest
from policy_texts import position

from policies.files.problems import PolicyError, Problem, place
from policies.files.yaml_source import Plain, parse, read


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(PolicyError) as caught:
        parse(text, "file.yaml")
    return caught.value.problems


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("90", 90),
        ("-3", -3),
        ("0", 0),
        ("6.0", Decimal("6.0")),
        ("-0.5", Decimal("-0.5")),
        (".5", Decimal("0.5")),
        ("2.", Decimal(2)),
        ('"0"', "0"),
        ("3+", "3+"),
        ("1+", "1+"),
        ("2026-05-06", "2026-05-06"),
        ("2026-05-06T10:00:00Z", "2026-05-06T10:00:00Z"),
        ("true", True),
        ("no", False),
        ("null", None),
        ("", None),
        ("[a, 1]", ["a", 1]),
        ("{a: b}", {"a": "b"}),
    ],
)
def test_values_are_read_as_people_write_them(written: str, value: Plain) -> None:
    content = parse(f"key: {written}", "file.yaml").content
    assert content == {"key": value}
    assert isinstance(content, dict)
    assert type(content["key"]) is type(value)


@pytest.mark.parametrize("written", ["1:30", "2:1", "0x1F", "010", "1_000", ".inf", "-.INF", ".nan", "1:30.5", "1_0.5"])
def test_what_only_yaml_calls_a_number_stays_text(written: str) -> None:
    assert parse(f"key: {written}", "file.yaml").content == {"key": written}


def test_a_decimal_is_kept_as_written() -> None:
    content = parse("key: 6.0", "file.yaml").content
    assert isinstance(content, dict)
    assert str(content["key"]) == "6.0"


def test_an_unusual_tag_is_read_as_text() -> None:
    assert parse("key: !mark 12", "file.yaml").content == {"key": "12"}


def test_a_key_that_is_no_text_is_read_as_text() -> None:
    assert parse("1: one\n2.5: more", "file.yaml").content == {"1": "one", "2.5": "more"}


def test_every_value_can_be_traced_to_its_line() -> None:
    text = "one:\n  - {two: 3}\n  - four\n"
    source = parse(text, "file.yaml")
    for path, piece in (
        ((), "one"),
        (("one",), "one"),
        (("one", 0), "{two"),
        (("one", 0, "two"), "two"),
        (("one", 1), "four"),
    ):
        problem = source.problem(path, "cause", "mend")
        assert (problem.line, problem.column) == position(text, piece)
        assert problem.path == path


def test_a_place_that_is_not_in_the_file_is_shown_at_the_nearest_above() -> None:
    text = "one:\n  two: 3\n"
    problem = parse(text, "file.yaml").problem(("one", "missing", 4), "cause", "mend")
    assert (problem.line, problem.column) == position(text, "one")
    assert problem.path == ("one", "missing", 4)


def test_a_key_that_stands_twice_is_a_fault_at_the_second() -> None:
    (problem,) = problems("a:\n  b: 1\n  c: 2\n  b: 3\n")
    assert (problem.line, problem.column, place(problem.path)) == (4, 3, "a.b")
    assert (problem.cause, problem.mend) == ("'b' stands twice", "keep one of the two")


def test_every_doubled_key_of_a_file_is_reported_at_once() -> None:
    assert [place(one.path) for one in problems("a: 1\na: 2\nb: {c: 1, c: 2}\n")] == ["a", "b.c"]


@pytest.mark.parametrize("text", ["", "# nothing but a remark\n"])
def test_an_empty_file_is_a_fault(text: str) -> None:
    (problem,) = problems(text)
    assert str(problem) == "file.yaml:1:1: The file is empty\n    To mend it: write a policy in it, or delete it"


@pytest.mark.parametrize(
    ("text", "line", "column", "cause"),
    [
        ("a: [1, 2\nb: 3\n", 2, 2, "did not find expected ',' or ']'"),
        ("a: b: c\n", 1, 5, "mapping values are not allowed in this context"),
        ("a:\n\tb: 1\n", 2, 1, "found character that cannot start any token"),
        ('a: "open\n', 2, 1, "found unexpected end of stream"),
        ("a: *nobody\n", 1, 4, "found undefined alias"),
        ("a: 1\n---\nb: 2\n", 2, 1, "but found another document"),
    ],
)
def test_what_is_no_yaml_is_a_fault_with_its_line(text: str, line: int, column: int, cause: str) -> None:
    (problem,) = problems(text)
    assert (problem.line, problem.column) == (line, column)
    assert problem.cause == f"This is not YAML: {cause}"
    assert problem.mend == "check indentation and quotes"


def test_a_control_character_is_a_fault_and_no_crash() -> None:
    (problem,) = problems("a: \x07\n")
    assert problem.cause == "This is not YAML: it holds a character that no text has"
    assert (problem.line, problem.column) == (1, 1)


def test_a_file_in_another_encoding_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_bytes("says: tumor caf\xe9".encode("latin-1"))
    with pytest.raises(PolicyError, match="This is not UTF-8: the byte at offset 15 cannot be read"):
        read(file, "file.yaml")


def test_a_file_is_read_as_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_text("says: médico\n", encoding="utf-8")
    assert read(file, "file.yaml").content == {"says": "médico"}


def test_a_place_is_written_as_people_do() -> None:
    assert place(("initial", "all", 1, "any", 0)) == "initial.all[1].any[0]"
    assert place(()) == ""


def test_a_policy_error_shows_every_problem_in_its_text() -> None:
    first = Problem("a.yaml", 1, 2, ("x", 0), "wrong", "right it")
    second = Problem("b.yaml", 3, 4, (), "bad", "better it")
    assert str(PolicyError([first, second])).splitlines() == [
        "a.yaml:1:2 (x[0]): wrong",
        "    To mend it: right it",
        "b.yaml:3:4: bad",
        "    To mend it: better it",
    ]


def test_a_number_that_counts_nothing_stays_text() -> None:
    digits = "9" * 18
    assert parse(f"key: {digits}\nmore: {digits}9\nmost: {digits * 300}", "file.yaml").content == {
        "key": int(digits),
        "more": f"{digits}9",
        "most": digits * 300,
    }


@pytest.mark.parametrize("text", ["key: &a [1, *a]", "key: &a {one: {two: *a}}", "&a [[*a]]"])
def test_what_stands_for_what_it_is_a_part_of_is_a_fault(text: str) -> None:
    (problem,) = problems(text)
    assert "a part of" in problem.cause


def test_a_part_may_stand_twice() -> None:
    assert parse("one: &a [1]\ntwo: *a", "file.yaml").content == {"one": [1], "two": [1]}


@pytest.mark.parametrize("kind", ["none", "a link to nothing", "a link to itself", "a folder"])
def test_what_is_no_file_is_a_fault_of_it(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "one.yaml"
    if kind == "a folder":
        file.mkdir()
    elif kind != "none":
        file.symlink_to(file if kind.endswith("itself") else tmp_path / "nowhere")
    with pytest.raises(PolicyError) as caught:
        read(file, "data/one.yaml")
    assert caught.value.problems[0].file == "data/one.yaml"
    assert "cannot be read" in caught.value.problems[0].cause
