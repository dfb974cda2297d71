"""The Postman collection has every address of the OpenAPI document, and nothing else."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from cds_service.commands.main import main
from cds_service.openapi.postman import collection


def test_each_address_and_method_is_a_request(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    made = collection(document)
    found = [one["request"] for folder in made["item"] for one in folder["item"]]
    there = sorted(
        (method.upper(), path.replace("{", ":").replace("}", ""))
        for path, methods in document["paths"].items()
        for method in methods
    )
    assert sorted((one["method"], one["url"]["raw"].removeprefix("{{base_url}}")) for one in found) == there
    for one in found:
        assert {each["key"] for each in one["url"].get("variable", ())} == {
            part[1:] for part in one["url"]["path"] if part.startswith(":")
        }
    assert made["variable"][0] == {"key": "base_url", "value": document["servers"][0]["url"]}
    call = next(one for one in found if one["url"]["raw"].endswith("/cds-services/:service_id"))
    assert call["header"] == [{"key": "Content-Type", "value": "application/json"}]
    assert call["url"]["variable"][0]["value"]


@pytest.mark.parametrize("words", [["openapi"], ["openapi", "--postman"]])
def test_the_command_prints_it(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(main, words, env={"CDS_BASE_URL": "https://cds.example.org"})
    assert found.exit_code == 0, found.output
    printed = json.loads(found.stdout)
    assert printed["info"]["schema"] if "--postman" in words else printed["openapi"].startswith("3.1")
    assert list(tmp_path.iterdir()) == []


def test_settings_that_are_wrong_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(main, ["openapi"], env={"CDS_MAX_DEPTH": "deep"})
    assert found.exit_code == 1
    assert "max_depth" in found.output
