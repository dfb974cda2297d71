"""`cds-service jwt explain` says why a token is refused, and its answer is the one that a call would get."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.commands.main import main
from tests.clients.signing import ISSUER, FromNow, key_set, token


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "keys.json").write_bytes(key_set())
    (tmp_path / "cds-service.toml").write_text(
        f'base_url = "https://cds.example.org"\n[[clients]]\nname = "ehr"\niss = "{ISSUER}"\njwks = "keys.json"\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def explained(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(main, ["jwt", "explain", *arguments], input=given)


@pytest.mark.usefixtures("folder")
def test_a_token_that_holds_is_explained_as_often_as_asked() -> None:
    bearer = token()
    for _ in range(2):
        found = explained(bearer)
        assert found.exit_code == 0, found.output
    assert "registered as 'ehr'" in found.output
    assert "holds  token: key, signature and times hold" in found.output


@pytest.mark.usefixtures("folder")
def test_a_token_is_read_from_standard_input() -> None:
    assert explained("-", given=f"Bearer {token()}\n").exit_code == 0


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("bearer", "said"),
    [
        ("x", "FAILS  form"),
        (token(iss="https://stranger.example.org"), "no registered client"),
        (token(exp=FromNow(-3600)), "expired"),
        (token(exp=10**20), "no time"),
        (token(header={"kid": "other"}), "no key with the kid"),
    ],
)
def test_a_token_that_is_refused_is_explained(bearer: str, said: str) -> None:
    found = explained(bearer)
    assert found.exit_code == (0 if "no time" in said else 1)
    assert said in found.output


@pytest.mark.usefixtures("folder")
def test_a_token_for_one_service_is_not_for_another() -> None:
    found = explained(token(), "--service", "order-select-crd")
    assert found.exit_code == 1
    assert "this one is https://cds.example.org/cds-services/order-select-crd" in found.output


def test_in_open_mode_there_is_nothing_to_explain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = explained("x")
    assert found.exit_code == 1
    assert "no client is registered" in found.output


def test_settings_that_cannot_be_used_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cds-service.toml").write_text("nonsense = 1\n")
    assert "nonsense" in explained("x").output
