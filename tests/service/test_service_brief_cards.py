"""The short card: read in ten seconds, by what things are and when, and nothing by its id."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import convert

import cds_service
from cds_service.app.container import Container
from cds_service.app.container import compose as composed
from cds_service.app.settings import Settings
from cds_service.application import create_app
from fhir_mappings.her2.consensus import Outcome, settle
from fhir_mappings.wording import wording
from hooks.card_parts.brief_coverage import Brief
from hooks.card_parts.brief_evidence import sides
from hooks.coverage_decision.determination_table import DeterminationTable
from hooks.discovery import for_call
from policies.catalogue import Catalogue
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note
from tests.charts.charts_on_file import charts, result_of
from tests.clients.signing import ISSUER, key_set, token
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.world import publishing

Json = dict[str, Any]
SAMPLES = sorted((Path(cds_service.__file__).parent / "samples").glob("*.json"))
BASE = "https://cds.example.org"
TOKENS = re.compile(
    r"\b(?:[A-Z][A-Za-z]+/[A-Za-z0-9.-]*[0-9-][A-Za-z0-9.-]*|_include|_count|prefetch|draftOrders)\b|[?&]\w+=|://"
    r"|\b(?:MedicationRequest|MedicationAdministration|MedicationStatement|MedicationDispense|DiagnosticReport"
    r"|DocumentReference|ServiceRequest|Questionnaire|Bundle|OperationOutcome)\b"
)
"""Ids of records, search strings and names of FHIR's own, none of which a clinician reads."""


def words(text: str) -> int:
    return len(text.split())


def answered(policies: Catalogue, sample: Path, **settings: Any) -> list[Json]:
    """The cards of a sample, whatever delivery it asks for."""
    engine = new_engine()
    given = {"base_url": BASE, "default_delivery": "both"} | settings
    container = composed(convert(given, Settings), policies, TODAY, engine, "", publishing)
    service = for_call(container.order_sign, sample.read_bytes())
    return list(json.loads(service.answer(sample.read_bytes()).body)["cards"])


@pytest.mark.parametrize("language", ["en", "es"])
def test_an_order_without_a_name_is_not_quoted(policies_on_file: Catalogue, tmp_path: Path, language: str) -> None:
    call = json.loads((SAMPLES[0].parent / "10-product-by-text-and-j9999.json").read_text(encoding="utf-8"))
    for entry in call["context"]["draftOrders"]["entry"]:
        entry["resource"]["medicationCodeableConcept"] = {"coding": [{"code": "J9999"}]}
    (tmp_path / "nameless.json").write_text(json.dumps(call), encoding="utf-8")
    details = [one["detail"] for one in answered(policies_on_file, tmp_path / "nameless.json", language=language)]
    assert any(wording(language)("brief.nameless") in one for one in details)
    assert not any(wording(language)("card.no_name") in one for one in details)


@pytest.fixture(scope="module", params=["en", "es"])
def every_card(policies_on_file: Catalogue, request: pytest.FixtureRequest) -> list[Json]:
    return [card for one in SAMPLES for card in answered(policies_on_file, one, language=request.param)]


def coverage(cards: list[Json]) -> list[Json]:
    return [one for one in cards if one["source"]["topic"]["code"] == "coverage-info"]


def test_a_coverage_card_has_at_most_60_words_and_six_lines(every_card: list[Json]) -> None:
    details = [one["detail"] for one in coverage(every_card)]
    assert len(details) > 12
    assert max(map(words, details)) <= 60
    assert median(map(words, details)) <= 45
    assert max(len([line for line in one.splitlines() if line]) for one in details) <= 6


def test_a_drug_that_is_ordered_as_its_substance_alone_is_named_so(policies_on_file: Catalogue, tmp_path: Path) -> None:
    call = json.loads(SAMPLES[0].read_bytes())
    order = call["context"]["draftOrders"]["entry"][0]["resource"]
    named = order.pop("medicationCodeableConcept")
    order["contained"] = [{"resourceType": "Medication", "id": "m", "ingredient": [{"itemCodeableConcept": named}]}]
    order["medicationReference"] = {"reference": "#m"}
    sample = tmp_path / "by-ingredient.json"
    sample.write_text(json.dumps(call))
    of_product, of_substance = (coverage(answered(policies_on_file, one))[0]["summary"] for one in (SAMPLES[0], sample))
    assert of_product.startswith("Margenza:")
    assert of_substance.startswith("Margetuximab:")


def test_the_first_open_point_stands_within_20_words(every_card: list[Json]) -> None:
    opened = [one for one in coverage(every_card) if re.search(r"\bopen\b|\bquedan? \d", one["summary"])]
    assert len(opened) > 4
    for one in opened:
        first = one["detail"].replace("**", "").split()[:20]
        asks = first[0].startswith("¿") or any(word.endswith("?") for word in first)
        assert first[0] in {"Open:", "Abierto:"} or asks, one["detail"]


def test_no_card_names_a_record_or_a_search(every_card: list[Json]) -> None:
    for one in every_card:
        found = TOKENS.findall(f"{one['summary']}\n{one['detail']}")
        assert found == [], (one["detail"], found)


def test_a_summary_is_short_and_ends_where_its_sentence_ends(every_card: list[Json]) -> None:
    for one in every_card:
        assert len(one["summary"]) < 100, one["summary"]
        assert not one["summary"].endswith("…")


@pytest.mark.parametrize(
    ("text", "is_token"),
    [
        ("Observation/ratio-l", True),
        ("MedicationAdministration?patient=p1&_count=20", True),
        ("Condition/k2", True),
        ("a MedicationRequest", True),
        ("https://ehr.example.org", True),
        ("HER2/CEP17 ratio 1.20", False),
        ("15 mg/kg every 21 days", False),
        ("ECOG 1 (Feb 3, 2026)", False),
        ("250 mg/10 mL vial", False),
    ],
)
def test_what_the_test_of_ids_takes_for_one(text: str, is_token: bool) -> None:
    assert bool(TOKENS.search(text)) is is_token


def test_results_that_contradict_each_other_are_told_by_organ_year_and_what_they_mean(
    policies_on_file: Catalogue,
) -> None:
    (card,) = coverage(answered(policies_on_file, _sample("05")))
    assert card["summary"] == "Margenza: prior authorization needed, 1 point open"
    assert card["detail"].splitlines() == [
        (
            "**HER2 result by in situ hybridization (ISH): which result stands?** Breast 2023: amplified (ratio 2.4). "
            "Liver 2026: not amplified (ratio 1.2)."
        ),
        "",
        "4 of 5 criteria are met.",
    ]
    assert [one["label"] for one in card["links"]] == ["Answer", "Details"]


def test_a_dose_above_is_said_where_all_else_is_met(policies_on_file: Catalogue) -> None:
    (card,) = coverage(answered(policies_on_file, _sample("20")))
    assert card["summary"] == "Margenza: ordered dose is above the policy's"
    assert card["indicator"] == "warning"
    assert "1400 mg" in card["detail"].splitlines()[0]
    assert "1065 mg: Body weight 71 kg (Jun 8, 2026)" in card["detail"]
    assert "Everything else is met" in card["detail"]


def test_what_a_click_settles_is_asked_as_one(policies_on_file: Catalogue) -> None:
    (card,) = coverage(answered(policies_on_file, _sample("08")))
    assert card["summary"] == "Elrexfio: prior authorization needed, 1 point to confirm"
    assert [one["label"] for one in card["links"]] == ["Confirm", "Details"]


def test_an_authorization_is_told_with_what_it_covers(policies_on_file: Catalogue) -> None:
    (card,) = coverage(answered(policies_on_file, _sample("01"), automatic_approval=True))
    assert re.fullmatch(r"Margenza: authorized through \w{3} \d{1,2}, 2027", card["summary"])
    assert re.match(r"No\. \w+\. Covers up to \d+ doses, \d+ units \(J9353\)\. Renewal opens ", card["detail"])


def test_a_coverage_that_ended_is_told_with_its_day_and_without_warnings(policies_on_file: Catalogue) -> None:
    cards = answered(policies_on_file, _sample("12"), default_delivery="cards")
    engine_cards = [one for one in cards if one["source"]["topic"]["code"] == "contraindication"]
    assert engine_cards == []


def test_a_continuation_brings_no_warnings_that_the_first_request_brought(policies_on_file: Catalogue) -> None:
    cards = answered(policies_on_file, _sample("06"))
    assert [one["source"]["topic"]["code"] for one in cards] == ["coverage-info"]


def _sample(start: str) -> Path:
    return next(path for path in SAMPLES if path.name.startswith(start))


def test_the_full_card_is_a_setting_of_the_service_and_of_each_client(policies_on_file: Catalogue) -> None:
    (short,), (full,) = (
        coverage(answered(policies_on_file, _sample("05"), card_detail=one)) for one in ("short", "full")
    )
    assert "**Criteria**" in full["detail"]
    assert "**Criteria**" not in short["detail"]


def test_a_client_has_the_full_card_where_others_have_the_short_one(
    policies_on_file: Catalogue, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    keys.write_bytes(key_set())
    ehr = {"name": "ehr", "iss": ISSUER, "jwks": str(keys), "delivery": "both", "card_detail": "full"}
    settings = convert({"base_url": BASE, "clients": [ehr]}, Settings)
    app = create_app(composed(settings, policies_on_file, TODAY, new_engine(), "", publishing))
    bearer = token(aud=f"{BASE}/cds-services/order-sign-crd", header={"jku": None})
    reply = app.test_client().post(
        "/cds-services/order-sign-crd",
        data=_sample("05").read_bytes(),
        content_type="application/json",
        headers={"Authorization": f"Bearer {bearer}"},
        base_url=BASE,
    )
    assert "**Criteria**" in coverage(reply.get_json()["cards"])[0]["detail"]


def briefs(container: Container) -> Iterator[Brief]:
    table = DeterminationTable(container.order_sign.payer)
    for case in charts():
        found = result_of(case)
        judgement = found.judgement
        if judgement is not None and judgement.ruling is not None:
            yield Brief(judgement, table.judged(judgement), wording().uncited)


def test_every_test_chart_has_a_short_card_within_its_budget(container: Container) -> None:
    every = list(briefs(container))
    assert len(every) > 50
    for one in every:
        lines = one.lines()
        assert words(" ".join(lines)) <= 60, lines
        assert len(lines) <= 6
        assert TOKENS.findall(" ".join((one.summary(), *lines))) == [], lines
        assert len(one.summary()) < 100


RATIO = "her2.ratio_evidence"
EVIDENCE = st.builds(
    lambda number, value, day, role, place: Evidence(
        f"Observation/{number}", Note(RATIO, value=f"{value:.2f}:1"), day, role, place=place
    ),
    st.integers(1, 99),
    st.floats(0.5, 9),
    st.dates().map(str),
    st.sampled_from([Role.FOR, Role.AGAINST]),
    st.sampled_from(["", "liver", "breast"]),
)


@given(st.lists(EVIDENCE, min_size=1, max_size=8))
def test_a_side_is_named_only_where_there_are_two(some: list[Evidence]) -> None:
    told = sides(Finding.conflicting("?", tuple(some)), wording().uncited)
    has_both = len({one.role for one in some}) == 2
    assert ("amplified" in told) is has_both
    assert TOKENS.findall(told) == []
    assert words(told) < 45


@pytest.mark.parametrize(
    ("kinds", "torn", "has_sides"),
    [
        (("positive", "negative"), False, True),
        (("positive", "equivocal"), False, False),
        (("positive", "negative"), True, False),
        (("", "negative"), True, False),
    ],
)
def test_results_are_on_a_side_only_where_each_is_plainly_on_one(
    kinds: tuple[str, str], torn: bool, has_sides: bool
) -> None:
    evidence = (
        Evidence("Observation/a", Note(RATIO, value="2.4")),
        Evidence("Observation/b", Note(RATIO, value="1.2")),
    )
    found = settle(Outcome(kind, kind, None, (one,), torn=torn) for kind, one in zip(kinds, evidence, strict=True))
    assert found is not None
    assert found.conflict
    assert ({one.role for one in found.evidence} == {Role.FOR, Role.AGAINST}) is has_sides
