"""Settings: the file, the environment that wins, and clear words for whatever is wrong."""

from datetime import date
from pathlib import Path

import pytest

from cds_service.app.settings import Settings, SettingsError
from cds_service.app.settings_file import clock, load, pinned_today
from cds_service.fetching.allowed_servers import Allowed
from hooks.protocol.payer import Delivery
from policies.model.determination import Contact, Covered, PaNeeded


def written(folder: Path, text: str) -> Path:
    (folder / "cds-service.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load({}, tmp_path) == Settings()
    assert Settings().as_payer().identifiers == frozenset({("https://payer.example.org/identifier", "MMM")})


def test_the_sample_file_holds_the_defaults_and_names_every_setting(tmp_path: Path) -> None:
    sample = Path(__file__).parents[2] / "cds-service.sample.toml"
    text = sample.read_text(encoding="utf-8")
    assert load({"CDS_CONFIG": str(sample)}, tmp_path) == Settings()
    for name in Settings.__struct_fields__:
        assert name in text


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        """
        base_url = "https://a.example.org/"
        default_delivery = "cards"
        [payer]
        name = "Plan"
        identifiers = [{system = "urn:x", value = "1"}]
        contact = "https://plan.example.org/help"
        [orders_without_policy]
        covered = "not-covered"
        reason = "Ask."
        """,
    )
    settings = load({"CDS_DEFAULT_DELIVERY": "crd", "CDS_MAX_DEPTH": "9", "PATH": "/x"}, folder)
    payer = settings.as_payer()
    assert (payer.delivery, settings.max_depth, payer.base_url) == (Delivery.CRD, 9, "https://a.example.org")
    assert payer.contact == Contact("url", "https://plan.example.org/help")
    assert (payer.without_policy.covered, payer.without_policy.pa_needed) == (Covered.NOT_COVERED, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 1", "colour"),
        ("[payer]\nnmae = 'x'", "payer"),
        ("max_depth = 'deep'", "max_depth"),
        ("max_depth = 0", "max_depth"),
        ("max_body_bytes = 0", "max_body_bytes"),
        ("base_url = 'example.org'", "base_url"),
        ("default_delivery = 'post'", "default_delivery"),
        ("[payer]\ncontact = 'call us'", "payer.contact"),
        ("[orders_without_policy]\ncovered = 'not-covered'\npa_needed = 'no-auth'", "orders_without_policy.pa_needed"),
        ("[orders_without_policy]\nreason = ''", "orders_without_policy.reason"),
        ("[orders_without_policy]\npa_needed = 'satisfied'", "orders_without_policy.pa_needed"),
        ("[orders_without_policy]\npa_needed = 'indeterminate'", "orders_without_policy.pa_needed"),
        ("[orders_without_policy]\ncovered = 'indeterminate'", "orders_without_policy.covered"),
        ("time_budget_seconds = 0", "time_budget_seconds"),
        ("warm_seconds = -1", "warm_seconds"),
        ("warm_seconds = 301", "warm_seconds"),
        ("warm_seconds = nan", "warm_seconds"),
        ("time_budget_seconds = 61", "time_budget_seconds"),
        ("time_budget_seconds = nan", "time_budget_seconds"),
        ("prefetch_clinical = 'perhaps'", "prefetch_clinical"),
        ("open_fhir_servers = 'https://ehr.example.org'", "open_fhir_servers"),
        (
            "open_fhir_servers = ['http://ehr.example.org/fhir']",
            "open_fhir_servers: http://ehr.example.org/fhir: http is",
        ),
        ("open_fhir_servers = ['ehr.example.org']", "open_fhir_servers: ehr.example.org: it is no"),
        ("x = [", "not TOML"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load({}, written(tmp_path, text))


def test_what_is_fetched_and_for_how_long(tmp_path: Path) -> None:
    settings = load({}, tmp_path)
    assert (settings.prefetch_clinical, settings.time_budget_seconds) == (True, 4)
    assert settings.fetcher().allowed == Allowed((), loopback=True)
    servers = "https://a.example.org/fhir, http://localhost:8080/fhir"
    given = {"CDS_OPEN_FHIR_SERVERS": servers, "CDS_TIME_BUDGET_SECONDS": "0.5", "CDS_PREFETCH_CLINICAL": "false"}
    settings = load(given, tmp_path)
    fetcher = settings.fetcher()
    assert fetcher.allowed.base_urls == ("https://a.example.org/fhir", "http://localhost:8080/fhir")
    assert (fetcher.seconds, settings.prefetch_clinical) == (0.5, False)
    assert load({"CDS_OPEN_FHIR_SERVERS": ""}, tmp_path).open_fhir_servers == ()


def test_an_unknown_variable_stops_the_start_and_the_known_ones_are_listed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"CDS_COLOUR is no setting.*CDS_MAX_DEPTH"):
        load({"CDS_COLOUR": "1"}, tmp_path)
    with pytest.raises(SettingsError, match="CDS_PAYER is no setting"):
        load({"CDS_PAYER": "x"}, tmp_path)


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load({"CDS_CONFIG": str(tmp_path / "none.toml")}, tmp_path)


@pytest.mark.parametrize(
    ("address", "contact"),
    [
        ("", None),
        ("tel:+1-555-0100", Contact("phone", "+1-555-0100")),
        ("mailto:help@plan.example.org", Contact("email", "help@plan.example.org")),
        ("http://plan.example.org", Contact("url", "http://plan.example.org")),
    ],
)
def test_contacts(tmp_path: Path, address: str, contact: Contact | None) -> None:
    assert load({}, written(tmp_path, f"[payer]\ncontact = '{address}'")).as_payer().contact == contact


def test_orders_without_a_policy_are_conditional_unless_set_otherwise(tmp_path: Path) -> None:
    assert load({}, tmp_path).as_payer().without_policy.pa_needed is PaNeeded.CONDITIONAL
    folder = written(tmp_path, "[orders_without_policy]\ncovered = 'covered'\npa_needed = 'no-auth'")
    assert load({}, folder).as_payer().without_policy.pa_needed is PaNeeded.NO_AUTH


def test_the_day_can_be_pinned() -> None:
    assert pinned_today({}) is None
    assert pinned_today({"CDS_TODAY": "2026-11-25"}) == date(2026, 11, 25)
    with pytest.raises(SettingsError, match="YYYY-MM-DD"):
        pinned_today({"CDS_TODAY": "tomorrow"})


def test_a_day_begins_and_ends_in_the_time_zone_of_the_payer(tmp_path: Path) -> None:
    """While a server's clock in UTC says tomorrow, the coverage of a member in Puerto Rico runs for four hours more."""
    first, last = clock(None, "Pacific/Kiritimati")(), clock(None, "Etc/GMT+12")()
    assert 1 <= (first - last).days <= 2, "26 hours lie between them"
    assert clock(date(2026, 11, 25), "Pacific/Kiritimati")() == date(2026, 11, 25), "a pinned day is that day"
    assert load({}, written(tmp_path, "time_zone = 'America/Puerto_Rico'")).time_zone
    with pytest.raises(SettingsError, match="setting time_zone: 'Mars' is no time zone such as America/Puerto_Rico"):
        load({}, written(tmp_path, "time_zone = 'Mars'"))
