"""Cards: short, readable, and never more than text where a chart speaks."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.app.container import Container
from hooks.card_parts.card_builder import cut, escaped
from tests.service.calls import MARGETUXIMAB, body, medication_request, order_sign, searchset

PUBLIC_CARD = {"uuid", "summary", "detail", "indicator", "source", "extension", "links"}


def test_a_short_summary_is_left_alone_and_a_long_one_is_cut_after_a_word() -> None:
    assert cut("x" * 139) == "x" * 139
    long = "a point is open: " + "word " * 40
    assert len(cut(long)) < 140
    assert cut(long).endswith("word…")


@pytest.mark.requirement("hooks.83")
@given(st.text(max_size=400))
def test_no_summary_reaches_140_characters(text: str) -> None:
    assert len(cut(text)) < 140


@pytest.mark.requirement("hooks.85")
@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "[click](http://evil.example)", "**bold**", "a\n# b", "`x`"]
)
def test_text_of_a_chart_cannot_become_markup(text: str) -> None:
    shown = escaped(text)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)[<>\[\]*`#]", shown)


@pytest.mark.parametrize("product", [MARGETUXIMAB, {"text": "[click](http://evil.example) <b>x</b>"}])
def test_a_date_that_is_none_is_shown_as_text_too(container: Container, product: dict[str, object]) -> None:
    order = medication_request(product, authoredOn="[click](http://evil.example) <b>x</b>")
    (card, *_) = json.loads(container.order_sign.answer(body(order_sign(order))).body)["cards"]
    assert "evil.example" in card["detail"]
    assert not re.search(r"(?<!\\)[<>\[\]]", card["detail"])


@pytest.mark.requirement("hooks.81", "hooks.84", "hooks.94", "hooks.108", "hooks.113", "hooks.116", "hooks.140")
@pytest.mark.requirement("hooks.145", "hooks.90", "crd20.source-label", "crd20.associated", "crd22.resp-4")
@pytest.mark.requirement("crd22.resp-5", "crd22.dev-25", "crd22.resp-10")
@pytest.mark.certification("cert.3.6.06")
def test_a_card_names_criteria_evidence_and_open_points(container: Container) -> None:
    condition = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/p1"},
        "onsetDateTime": "2023-01-10",
        "code": {
            "text": "Breast cancer, *left* <b>side</b>",
            "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C50.912"}],
        },
    }
    call = order_sign(medication_request(MARGETUXIMAB))
    call["prefetch"]["anything"] = searchset(condition)
    card = json.loads(container.order_sign.answer(body(call)).body)["cards"][0]
    assert set(card) == PUBLIC_CARD
    assert "✓ met: Breast cancer - Breast cancer, \\*left\\* \\<b\\>side\\</b\\> (2023-01-10)" in card["detail"]
    assert "? open: HER2 immunohistochemistry 3+" in card["detail"]
    assert "1. What is the extent of the breast cancer today?" in card["detail"]
    assert card["indicator"] == "info"
    assert card["source"]["label"] == "MMM"
    assert card["source"]["topic"]["code"] == "coverage-info"
    assert card["links"][0]["url"] == "https://cds.example.org/policies/margetuximab?version=2026-05-06"
    assert card["extension"] == {"davinci-crd.associated-resource": ["MedicationRequest/mr1"]}


@pytest.mark.requirement("hooks.80")
def test_each_card_has_an_id_of_its_own(container: Container) -> None:
    sent = body(order_sign())
    ids = {json.loads(container.order_sign.answer(sent).body)["cards"][0]["uuid"] for _ in range(3)}
    assert len(ids) == 3
