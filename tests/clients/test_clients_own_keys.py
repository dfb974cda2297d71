"""`cds-service client new` and `call`: a client made here is let in by the service that its lines register."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import convert

import cds_service
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.clients.client_keys import KeyFileError, new_pair, signed
from cds_service.commands.main import main
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.page.browsing import serving
from tests.world import compose

BASE = "https://cds.example.org"
SAMPLE = next((Path(cds_service.__file__).parent / "samples").glob("05-*.json"))


def test_a_client_made_here_is_let_in_by_the_lines_that_it_prints(
    policies_on_file: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = CliRunner().invoke(main, ["client", "new", "tester"])
    assert made.exit_code == 0, made.output
    assert (tmp_path / "tester.key.pem").stat().st_mode & 0o077 == 0
    settings = convert(tomllib.loads(made.stdout) | {"base_url": BASE}, Settings)
    app = create_app(compose(settings, policies_on_file, TODAY, new_engine())).test_client()
    url = f"{BASE}/cds-services/order-sign-crd"
    bearer = signed((tmp_path / "tester.key.pem").read_bytes(), "tester", "https://tester.example.org", url)
    sent = {"data": SAMPLE.read_bytes(), "content_type": "application/json", "base_url": BASE}
    assert app.post("/cds-services/order-sign-crd", **sent).status_code == 401
    headers = {"Authorization": f"Bearer {bearer}"}
    assert app.post("/cds-services/order-sign-crd", headers=headers, **sent).status_code == 200


def test_keys_are_never_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["client", "new", "tester"]).exit_code == 0
    before = (tmp_path / "tester.key.pem").read_bytes()
    again = CliRunner().invoke(main, ["client", "new", "tester"])
    assert again.exit_code == 1
    assert "there already" in again.output
    assert (tmp_path / "tester.key.pem").read_bytes() == before


def test_a_call_is_sent_as_a_client(
    policies_on_file: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(main, ["client", "new", "tester"])
    client = {"name": "tester", "iss": "https://tester.example.org", "jwks": "tester.jwks.json", "delivery": "both"}
    with serving(policies_on_file, clients=[client]) as site:
        told = CliRunner().invoke(main, ["call", str(SAMPLE), "--as", "tester", "--url", site.base_url])
        nobody = CliRunner().invoke(main, ["call", str(SAMPLE), "--url", site.base_url])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["cards"]
    assert nobody.exit_code == 1


def test_a_client_without_a_key_here_is_told_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(main, ["call", str(SAMPLE), "--as", "nobody", "--url", "http://127.0.0.1:9"])
    assert found.exit_code == 2
    assert "cds-service client new nobody" in found.output


def test_what_is_no_key_signs_nothing() -> None:
    with pytest.raises(KeyFileError):
        signed(b"no key", "a", "https://a.example.org", BASE)
    first, second = new_pair("a"), new_pair("a")
    assert first[0] != second[0]
    assert b'"d"' not in first[1]
