"""The table of lines where people meet it: on the card, and in what `evaluate` prints."""

import json
from pathlib import Path

from click.testing import CliRunner

from cds_service.app.container import Container
from cds_service.commands.main import main
from tests.service.calls import MARGETUXIMAB, body, medication_request, order_sign, searchset

SAMPLE = Path(__file__).parents[2] / "cds_service" / "samples" / "01-margetuximab-everything-met.json"
DOUBTFUL = medication_request(
    {"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "J9355"},
    name="mr-old",
    status="stopped",
    authoredOn="2024-03-04",
)
"""A stopped prescription of trastuzumab: no proof of a giving."""


def evaluated(file: Path, form: str) -> str:
    result = CliRunner().invoke(main, ["evaluate", str(file), "--format", form], env={"CDS_TODAY": "2026-11-25"})
    assert result.exit_code == 0, result.output
    return result.stdout


def doubtful(folder: Path) -> Path:
    call = order_sign(medication_request(MARGETUXIMAB))
    call["prefetch"]["more"] = searchset(DOUBTFUL)
    path = folder / "call.json"
    path.write_bytes(body(call))
    return path


def test_evaluate_prints_the_table_line_by_line() -> None:
    text = evaluated(SAMPLE, "text")
    assert "      2. 2025-07-28 to 2025-12-22: fam-trastuzumab deruxtecan (T-DXd), metastatic\n" in text
    assert (
        "Progression was recorded on 2025-07-14; begun after it: fam-trastuzumab deruxtecan (T-DXd). Begun on" in text
    )


def test_evaluate_prints_what_may_be_a_line(tmp_path: Path) -> None:
    text = evaluated(doubtful(tmp_path), "text")
    assert "      maybe 2024-03-04: trastuzumab\n         No record proves that it was given.\n" in text
    (order,) = json.loads(evaluated(doubtful(tmp_path), "json"))[0]["orders"]
    assert (order["lines"]["at_least"], order["lines"]["at_most"], order["lines"]["answered"]) == (0, None, {})
    (one,) = order["lines"]["possible"]
    assert (one["drug"], one["start"], one["doubt"]) == ("trastuzumab", "2024-03-04", "not_proven")
    assert one["evidence"]["reference"] == "MedicationRequest/mr-old"


def test_without_any_line_nothing_is_printed(tmp_path: Path, container: Container) -> None:
    path = tmp_path / "call.json"
    path.write_bytes(body(order_sign()))
    assert "lines of therapy" not in evaluated(path, "text")
    card = json.loads(container.order_sign.answer(body(order_sign())).body)["cards"][0]
    assert "Lines of therapy" not in card["detail"]


def test_an_order_without_a_policy_has_no_table(tmp_path: Path) -> None:
    path = tmp_path / "call.json"
    path.write_bytes(body(order_sign(medication_request({"system": MARGETUXIMAB["system"], "code": "723"}))))
    assert json.loads(evaluated(path, "json"))[0]["orders"][0]["lines"] is None
    assert "lines of therapy" not in evaluated(path, "text")


def test_the_card_tells_the_lines_in_one_line(container: Container, tmp_path: Path) -> None:
    card = json.loads(container.order_sign.answer(SAMPLE.read_bytes()).body)["cards"][0]
    (line,) = (one for one in card["detail"].splitlines() if one.startswith("**Lines of therapy on file:**"))
    assert "1. docetaxel + pertuzumab + trastuzumab (Feb 3, 2025, metastatic); 2. fam-trastuzumab" in line
    call = doubtful(tmp_path).read_bytes()
    detail = json.loads(container.order_sign.answer(call).body)["cards"][0]["detail"]
    assert "**Lines of therapy on file:** may be further ones: trastuzumab (Mar 4, 2024)" in detail
