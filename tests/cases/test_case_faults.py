"""What the author of a case file is told when something in it is wrong: file, line, cause, mend."""

import re
from pathlib import Path

import pytest
from casebook_files import HEAD, case_of, cases_on_file, catalogue_on_file, faults_of

from policies.files.problems import PolicyError
from policies.model.findings import Finding, Origin, Range
from policies.testcases import reader

GOOD = "{case: A sentence, order: {drug: margetuximab, on: 2026-06-01}, expect: {ruling: unknown}}"


def one(entry: str) -> str:
    return f"{HEAD}  - {entry}"


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return one(GOOD.replace(old, new))


def test_a_good_file_has_no_fault() -> None:
    assert faults_of(one(GOOD)) == []


@pytest.mark.parametrize(
    ("text", "place", "cause", "mend"),
    [
        (
            changed("expect: {ruling", "expects: {ruling"),
            "cases/test.yaml:6",
            "'expects' is not a word of this file",
            "did you mean 'expect'?",
        ),
        (changed("ruling: unknown", "ruling: maybe"), ":6:", "'maybe' is not allowed here", "use one of: met, not-met"),
        (changed("ruling: unknown", "asks: []"), "cases[0].expect", "'ruling' is missing", "write met, not-met or"),
        (changed("drug: margetuximab, ", ""), "cases[0].order", "'drug' is missing here", "add what is missing"),
        (changed(", on: 2026-06-01", ""), "cases[0].order", "The order has no day", "give 'on'"),
        (changed("2026-06-01", "2026-06-31"), "cases[0].order.on", "'2026-06-31' is no day", "YYYY-MM-DD"),
        (changed("2026-06-01", "June"), ":6:", "'June' is not written as it should be", "write it like the pattern"),
        (
            changed("{ruling: unknown}", "{ruling: unknown, criteria: {her2-positiv: met}}"),
            "cases[0].expect.criteria.her2-positiv",
            "'her2-positiv' is no criterion of this policy",
            "did you mean 'her2-positive'?",
        ),
        (
            changed("{ruling: unknown}", "{ruling: unknown, weak: [zzz]}"),
            "weak[0]",
            "'zzz' is no criterion of this policy",
            "use one of: combination-chemotherapy, ",
        ),
        (
            changed("{ruling: unknown}", "{ruling: unknown, asks: [her2_ihc]}"),
            "asks[0]",
            "'her2_ihc' is no fact of this policy",
            "did you mean 'her2_ihc_score'?",
        ),
        (
            changed("expect", "answered: {prior_lines: 3}, expect"),
            "answered.prior_lines",
            "'prior_lines' is no fact of this policy",
            "did you mean 'prior_lines_advanced'?",
        ),
        (
            changed("expect", "answered: {her2_ish_result: amplified}, expect"),
            "answered.her2_ish_result",
            "'amplified' is no answer to 'her2_ish_result'",
            "use one of: positive, equivocal, negative",
        ),
        (
            changed("expect", "answered: {prior_lines_advanced: yes}, expect"),
            "answered.prior_lines_advanced",
            "'True' is no answer",
            "answer with a whole number",
        ),
        (
            changed("expect", "answered: {breast_cancer: 1}, expect"),
            "answered.breast_cancer",
            "'1' is no answer",
            "answer yes or no",
        ),
        (
            changed("expect", "patient: [nobody], expect"),
            "cases[0].patient[0]",
            "There is no part 'nobody'",
            "use one of: a patient",
        ),
        (one(f"{GOOD}\n  - {GOOD}"), "cases/test.yaml:7", "Another case says the same", "say what is special"),
        (
            changed("expect", "chart: [{condtion: breast cancer}], expect"),
            "cases[0].chart[0].condtion",
            "'condtion' is not a word of this file",
            "did you mean 'condition'?",
        ),
        (
            changed("expect", "chart: [{condition: breast cancer, frm: 2023-01-10}], expect"),
            "cases[0].chart[0].frm",
            "'frm' is not a word of this file",
            "use one of: condition, on, course",
        ),
        (
            changed("expect", "chart: [{condition: breast cancer, on: 2023}], expect"),
            "chart[0].on",
            "'2023' is not a text",
            'put it in quotes: "2023"',
        ),
        (
            changed("expect", "chart: [{stage: V}], expect"),
            "chart[0].stage",
            "'V' is not allowed here",
            "did you mean 'IV'?",
        ),
        (
            changed("expect", "chart: [{her2 ihc: 3+, stage: IV}], expect"),
            "chart[0].stage",
            "'stage' is not a word of this file",
            "use one of",
        ),
        (changed("A sentence", "[]"), "cases[0].case", "'[]' is not a text", "write a text here"),
        (HEAD.replace("margetuximab", "aspirin") + f"  - {GOOD}", ":1:", "'aspirin' is no policy", "elranatamab"),
        (f"{HEAD}  -", "cases[0]", "is not a block of words", "write a block of words"),
    ],
)
def test_a_fault_is_told_with_its_place_cause_and_mend(text: str, place: str, cause: str, mend: str) -> None:
    told = "\n".join(faults_of(text))
    assert place in told
    assert cause in told
    assert mend in told


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    faults = faults_of(one(GOOD.replace("2026-06-01", "2026-06-31").replace("ruling: unknown", "asks: [x]")))
    assert [fault.partition(":")[0] for fault in faults] == ["cases/test.yaml"] * 3
    assert ["order.on" in faults[0], "'ruling' is missing" in faults[1], "asks[0]" in faults[2]] == [True] * 3


def test_a_file_without_parts_says_so() -> None:
    text = one(GOOD.replace("expect", "patient: [nobody], expect")).replace(
        "parts:\n  a patient:\n    - {condition: breast cancer, on: 2021-03-08}\n", ""
    )
    assert "describe it under 'parts'" in faults_of(text)[0]


def test_a_folder_is_read_and_the_faults_of_all_its_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(one(GOOD), encoding="utf-8")
    (tmp_path / "b.yaml").write_text(changed("2026-06-01", "2026-06-31"), encoding="utf-8")
    (tmp_path / "c.yaml").write_text("policy: [", encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        reader.load(catalogue_on_file(), tmp_path)
    assert {problem.file for problem in caught.value.problems} == {"cases/b.yaml", "cases/c.yaml"}
    (tmp_path / "b.yaml").unlink()
    (tmp_path / "c.yaml").unlink()
    assert [case.sentence for case in reader.load(catalogue_on_file(), tmp_path)] == ["A sentence"]


def test_a_case_is_read_into_plain_values() -> None:
    case = case_of(
        "{case: A sentence, order: {drug: margetuximab, signed: 2026-06-02, beside: [eribulin]}, patient: [a patient],"
        " chart: [{her2 ihc: 0, on: 2021-03-12}, {her2 ish: measured, ratio: 2.0},"
        " {prescribed: [capecitabine], do not perform: true}],"
        " answered: {prior_lines_advanced: 3, breast_cancer: yes, her2_ihc_score: 0}, expect: {ruling: met}}"
    )
    assert (case.sentence, case.policy, case.place) == ("A sentence", "margetuximab", "cases/test.yaml:6")
    assert (case.order.on, case.order.signed.isoformat(), case.order.beside) == ("", "2026-06-02", ("eribulin",))
    assert [entry.verb for entry in case.chart] == ["condition", "her2 ihc", "her2 ish", "prescribed"]
    assert [entry.about for entry in case.chart[1:]] == [("0",), ("measured",), ("capecitabine",)]
    assert case.chart[0].place == "cases/test.yaml:4"
    assert case.chart[2].word("ratio") == "2.0"
    assert case.chart[3].says("do not perform")
    assert case.answered == {
        "prior_lines_advanced": Finding.known(Range.exactly(3), origin=Origin.ANSWER),
        "breast_cancer": Finding.known(value=True, origin=Origin.ANSWER),
        "her2_ihc_score": Finding.known("0", origin=Origin.ANSWER),
    }
    assert case.expect.asks is None
    assert case.expect.conflicts == ()


def test_every_case_on_file_knows_its_line() -> None:
    for case in cases_on_file():
        assert re.fullmatch(rf"cases/{case.policy}(-[a-z]+)?\.yaml:[1-9][0-9]*", case.place)
