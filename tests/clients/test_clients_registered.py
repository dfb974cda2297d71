"""Registrations are checked when the service starts; a message names the setting."""

from pathlib import Path
from typing import Any

import pytest

from cds_service.app.settings import SettingsError
from cds_service.app.settings_file import load

GOOD = {"name": '"ehr"', "iss": '"https://ehr.example.org"', "jku": '"https://ehr.example.org/jwks"'}


def loaded(folder: Path, *clients: dict[str, str], head: str = 'base_url = "https://cds.example.org"') -> Any:
    tables = ("[[clients]]\n" + "\n".join(f"{name} = {value}" for name, value in one.items()) for one in clients)
    (folder / "cds-service.toml").write_text("\n".join([head, *tables]))
    return load({}, folder)


def test_a_client_is_registered(tmp_path: Path) -> None:
    settings = loaded(tmp_path, GOOD | {"tenant": '"north"', "algorithms": '["RS384"]', "explain": "true"})
    assert settings.clients[0].tenant == "north"
    assert settings.jti_replay.value == "body"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"jku": None}, "either jku"),
        ({"jwks": '"keys.json"'}, "either jku"),
        ({"jku": '"http://ehr.example.org/jwks"'}, r"clients\[0\].jku"),
        ({"jku": '"ftp://ehr.example.org/jwks"'}, r"clients\[0\].jku"),
        ({"jku": '"https://"'}, r"clients\[0\].jku"),
        ({"fhir_servers": '["http://ehr.example.org/fhir"]'}, r"clients\[0\].fhir_servers"),
        ({"algorithms": '["HS256"]'}, "algorithms"),
        ({"algorithms": '["none"]'}, "algorithms"),
        ({"algorithms": "[]"}, "algorithms"),
        ({"crd_version": '"1.0"'}, "crd_version"),
        ({"delivery": '"post"'}, "clients"),
        ({"iss": '""'}, "must say something"),
        ({"name": None}, "name"),
        ({"secret": '"x"'}, "secret"),
    ],
)
def test_a_registration_that_cannot_be_used_is_told(tmp_path: Path, change: dict[str, str | None], said: str) -> None:
    client = {name: value for name, value in (GOOD | change).items() if value is not None}
    with pytest.raises(SettingsError, match=said):
        loaded(tmp_path, client)


@pytest.mark.parametrize("url", ["https://ehr.example.org/fhir?x=y", "https://user@ehr.example.org/fhir"])
def test_the_server_of_a_client_is_checked_as_those_of_the_list(tmp_path: Path, url: str) -> None:
    """One rule for both, so that no registration holds a server that nothing is ever fetched from."""
    with pytest.raises(SettingsError, match="names more than a server and a path"):
        loaded(tmp_path, GOOD | {"fhir_servers": f'["{url}"]'})
    with pytest.raises(SettingsError, match="names more than a server and a path"):
        loaded(tmp_path, head=f'open_fhir_servers = ["{url}"]')


def test_a_key_set_may_have_a_query(tmp_path: Path) -> None:
    assert loaded(tmp_path, GOOD | {"jku": '"https://ehr.example.org/jwks?tenant=1"'}).clients


@pytest.mark.parametrize("host", ["localhost", "keys.localhost", "127.0.0.1", "[::1]"])
def test_http_is_allowed_on_this_machine(tmp_path: Path, host: str) -> None:
    assert loaded(tmp_path, GOOD | {"jku": f'"http://{host}:4567/jwks"'}).clients


@pytest.mark.parametrize("same", ["name", "iss"])
def test_two_clients_differ(tmp_path: Path, same: str) -> None:
    other = {"name": '"other"', "iss": '"https://other.example.org"', "jku": GOOD["jku"]} | {same: GOOD[same]}
    with pytest.raises(SettingsError, match="stands twice"):
        loaded(tmp_path, GOOD, other)


def test_tokens_need_an_address_that_they_are_for(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="base_url"):
        loaded(tmp_path, GOOD, head="")


@pytest.mark.parametrize(
    "head", ["clock_leeway_seconds = -1", 'jti_replay = "never"', 'cors_origins = ["example.org"]']
)
def test_other_settings_of_callers_are_checked(tmp_path: Path, head: str) -> None:
    with pytest.raises(SettingsError):
        loaded(tmp_path, head=head)
