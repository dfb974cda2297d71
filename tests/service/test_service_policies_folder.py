"""A folder of policies of one's own: by the settings, and for one evaluation; and what stops the start."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.app.container import from_environment
from cds_service.app.settings import SettingsError
from cds_service.commands.main import main
from policies.files.problems import PolicyError
from tests.service.calls import body, searchset

EXAMPLES = Path(__file__).resolve().parents[2] / "policies" / "examples"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
ORDER = ("--order", f"{HCPCS}|J0897", "--date", "2026-12-10", "--format", "json")
SCORE = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "subject": {"reference": "Patient/p1"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "38265-5"}]},
    "effectiveDateTime": "2026-11-01",
    "valueQuantity": {"value": -2.5, "system": "http://unitsofmeasure.org", "code": "{T-score}"},
}


def judged(folder: Path, *arguments: str, **environment: str) -> Result:
    chart = folder / "chart.json"
    chart.write_bytes(body(searchset({"resourceType": "Patient", "id": "p1", "birthDate": "1958-04-17"}, SCORE)))
    given = ("evaluate", "--chart", str(chart), *ORDER, *arguments)
    return CliRunner().invoke(main, given, env={"CDS_TODAY": "2026-12-10", **environment})


def truths(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    (order,) = json.loads(result.stdout)[0]["orders"]
    return {one["id"]: one["truth"] for one in order["criteria"]}


def test_a_folder_is_tried_for_one_evaluation(tmp_path: Path) -> None:
    found = truths(judged(tmp_path, "--folder", str(EXAMPLES)))
    assert (found["t-score"], found["adult"], found["diagnosis"]) == ("met", "met", "unknown")


def test_a_folder_of_the_settings_goes_before_the_policies_of_the_program(tmp_path: Path) -> None:
    assert truths(judged(tmp_path, CDS_POLICIES_FOLDER=str(EXAMPLES)))["t-score"] == "met"
    assert truths(judged(tmp_path)) == {}


def test_a_folder_that_holds_no_policies_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is no policies folder"):
        from_environment({"CDS_POLICIES_FOLDER": str(tmp_path)}, tmp_path, store=False)


def test_a_folder_without_a_policy_stops_the_start(tmp_path: Path) -> None:
    for part in ("data", "value_sets"):
        (tmp_path / part).mkdir()
    with pytest.raises(SettingsError, match="holds no policy"):
        from_environment({"CDS_POLICIES_FOLDER": str(tmp_path)}, tmp_path, store=False)


def test_a_fault_in_a_folder_stops_the_start_with_its_place(tmp_path: Path) -> None:
    home = tmp_path / "own"
    (home / "value_sets").mkdir(parents=True)
    (home / "data" / "wrong").mkdir(parents=True)
    (home / "data" / "wrong" / "2026-11-30.yaml").write_text("id: wrong\n", "utf-8")
    with pytest.raises(PolicyError, match=r"data/wrong/2026-11-30.yaml:1:1"):
        from_environment({"CDS_POLICIES_FOLDER": str(home)}, tmp_path, store=False)
