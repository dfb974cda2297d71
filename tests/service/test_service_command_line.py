"""The command line, as a tester and the policy team use it."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cds_service.commands.main import main
from policies.catalogue import load
from tests.service.calls import MARGETUXIMAB, body, coverage, medication_request, order_sign, searchset
from tests.world import light_copy_of

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
FIXED = {"CDS_TODAY": "2026-11-25"}
(IN_FORCE,) = (str(one.version) for one in (load().versions("margetuximab").on(date(2026, 11, 24)),) if one)
ORDER_KEYS = {"order", "policy", "request", "ruling", "criteria", "questions", "conflicts", "coverage_information"}
CONDITION = {
    "resourceType": "Condition",
    "id": "c1",
    "subject": {"reference": "Patient/p1"},
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C50.912"}]},
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env=FIXED)


def reports(*arguments: str) -> list[dict[str, Any]]:
    result = run("evaluate", *arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return list(json.loads(result.stdout))


def file_of(folder: Path, name: str, call: dict[str, Any]) -> str:
    path = folder / name
    path.write_bytes(body(call))
    return str(path)


def chart_of(folder: Path, *resources: dict[str, Any]) -> str:
    return file_of(folder, "chart.json", searchset({"resourceType": "Patient", "id": "p1"}, *resources))


def test_files_are_reported_in_their_order(tmp_path: Path) -> None:
    files = [file_of(tmp_path, name, order_sign()) for name in ("b.json", "a.json")]
    assert [report["file"] for report in reports(*files)] == files


def test_an_order_is_reported_in_the_public_vocabulary(tmp_path: Path) -> None:
    (order,) = reports(file_of(tmp_path, "a.json", order_sign()))[0]["orders"]
    assert order.keys() >= ORDER_KEYS
    assert order["order"] == "MedicationRequest/mr1"
    assert order["policy"] == {"id": "margetuximab", "version": IN_FORCE}
    assert (order["request"], order["ruling"]) == ("initial", "unknown")
    assert all(one.keys() == {"id", "truth", "says", "section", "note", "evidence"} for one in order["criteria"])
    assert all(one["note"] for one in order["criteria"] if one["truth"] != "met")
    assert [one["linkId"] for one in order["questions"]][:2] == ["breast_cancer", "disease_extent"]
    assert all(one["criterion"] and one["text"] for one in order["questions"])
    told = order["coverage_information"]
    assert (told["covered"], told["pa-needed"], told["doc-needed"]) == ("covered", "auth-needed", ["clinical"])


def test_an_order_without_a_policy_is_reported_with_empty_lists(tmp_path: Path) -> None:
    order_without = medication_request({"system": RXNORM, "code": "723"})
    (order,) = reports(file_of(tmp_path, "a.json", order_sign(order_without)))[0]["orders"]
    assert (order["policy"], order["request"], order["ruling"]) == (None, None, None)
    assert (order["criteria"], order["questions"], order["conflicts"]) == ([], [], [])
    assert order["coverage_information"]["covered"] == "conditional"


def test_without_a_coverage_of_ours_there_is_no_coverage_information(tmp_path: Path) -> None:
    (order,) = reports(file_of(tmp_path, "a.json", order_sign(prefetch={})))[0]["orders"]
    assert (order["ruling"], order["coverage"], order["coverage_information"]) == ("unknown", "none", None)


def test_a_chart_is_judged_in_the_same_way(tmp_path: Path) -> None:
    chart = chart_of(tmp_path, CONDITION)
    (report,) = reports("--chart", chart, "--order", f"{RXNORM}|2473851", "--date", "2026-06-01")
    (order,) = report["orders"]
    truths = {one["id"]: one["truth"] for one in order["criteria"]}
    assert truths["diagnosis.breast-cancer"] == "met"
    assert order["as_of"] == "2026-06-01"
    assert order["coverage_information"]["covered"] == "covered"


def test_the_coverage_of_a_chart_counts_where_it_holds_one(tmp_path: Path) -> None:
    chart = chart_of(tmp_path, coverage(period={"end": "2026-01-31"}))
    (report,) = reports("--chart", chart, "--order", f"{RXNORM}|2473851", "--date", "2026-06-01")
    assert report["orders"][0]["coverage_information"]["covered"] == "not-covered"


def test_what_could_not_be_read_and_whose_it_was_not_is_named(tmp_path: Path) -> None:
    odd = CONDITION | {"id": "odd", "onsetDateTime": 7}
    foreign = CONDITION | {"id": "f1", "subject": {"reference": "Patient/p2"}}
    (report,) = reports("--chart", chart_of(tmp_path, odd, foreign), "--order", f"{RXNORM}|2473851")
    assert [one["reference"] for one in report["unreadable"]] == ["Condition/odd"]
    assert report["other_patients"] == ["Condition/f1"]


def test_the_text_form_is_for_people(tmp_path: Path) -> None:
    order = medication_request(MARGETUXIMAB, authoredOn="2027-01-01")
    call = order_sign(order, medication_request({"system": RXNORM, "code": "723"}, "mr2"))
    call["prefetch"]["more"] = searchset(CONDITION)
    result = run("evaluate", file_of(tmp_path, "a.json", call), file_of(tmp_path, "b.json", order_sign(prefetch={})))
    assert result.exit_code == 0
    for part in (
        "✓ diagnosis.breast-cancer: Breast cancer",
        "[Condition/c1]",
        "? her2-positive.ihc",
        "open points: 1. What is the extent",
        "covered covered; pa-needed auth-needed; documents clinical; 7 points",
        "no policy covers the product",
        "2027-01-01",
        "none (coverage: none)",
    ):
        assert part in result.output, part


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "no acceptable JSON"),
        (b"{}", "hook"),
        (b'{"resourceType": "Bundle"}', "hook"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_hook_call_is_told_with_exit_code_2(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "x.json"
    if content is not None:
        path.write_bytes(content)
    result = run("evaluate", str(path))
    assert result.exit_code == 2
    assert said in result.stderr
    assert str(path) in result.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "no acceptable JSON"),
        (b'{"resourceType": "Bundle", "entry": []}', "one Patient"),
        (b'{"resourceType": "Patient", "id": "p", "id": "q"}', "a member stands twice"),
        (
            json.dumps(
                searchset({"resourceType": "Patient", "id": "a"}, {"resourceType": "Patient", "id": "b"})
            ).encode(),
            "2",
        ),
    ],
)
def test_a_chart_that_cannot_be_judged_is_told_with_exit_code_2(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    result = run("evaluate", "--chart", str(path), "--order", f"{RXNORM}|2473851")
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("a.json", "--chart", "b.json", "--order", "x|y"),
        ("--chart", "b.json"),
        ("a.json", "--order", "x|y"),
        ("a.json", "--date", "2026-01-01"),
        ("--chart", "b.json", "--order", "no bar"),
        ("--chart", "b.json", "--order", "|y"),
    ],
)
def test_a_wrong_use_is_told(arguments: tuple[str, ...]) -> None:
    assert run("evaluate", *arguments).exit_code == 2


def test_wrong_settings_stop_every_command(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["evaluate", file_of(tmp_path, "a.json", order_sign())], env={"CDS_MAX_DEPTH": "x"}
    )
    assert result.exit_code == 2
    assert "max_depth" in result.stderr


def test_policy_check_names_what_is_sound() -> None:
    result = run("policy", "check")
    assert result.exit_code == 0
    assert f"margetuximab {IN_FORCE}" in result.output


def test_policy_test_judges_every_case_of_every_policy(tmp_path: Path) -> None:
    result = run("policy", "test", "--quick", "--folder", str(light_copy_of(tmp_path)))
    assert result.exit_code == 0, result.output
    assert result.output.count("cases, 0 failed") == 2
