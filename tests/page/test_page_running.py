"""A drug on record as active, with no end, is drawn up to the order; one that ended or was given once is not."""

import json
from typing import Any

import pytest

from cds_service.app.container import Container
from cds_service.pictures.timeline_layout import picture
from cds_service.pictures.timeline_words import Stretch, in_words
from fhir_mappings.therapy.timeline import timeline
from fhir_mappings.wording import wording
from hooks.discovery import for_call
from tests.page.browsing import at_another_ehr

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
TAKEN = {
    "resourceType": "MedicationStatement",
    "id": "running",
    "status": "active",
    "subject": {"reference": "Patient/eva-scheinbar"},
    "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "194000", "display": "capecitabine"}]},
    "effectivePeriod": {"start": "2026-07-02"},
}
ENDED = {"id": "ended", "status": "completed", "effectivePeriod": {"start": "2026-07-02", "end": "2026-07-30"}}
ACTIVE_ORDER = {"id": "ordered", "resourceType": "MedicationRequest", "intent": "order", "authoredOn": "2026-07-02"}
IN_WORDS = {"en": "since Jul 2, 2026, on record as active", "es": "desde 2 jul 2026, activo según el expediente"}


def lane_of(container: Container, *records: dict[str, Any], language: str = "en") -> tuple[Stretch, ...]:
    """The stretches of capecitabine in sample 05, with records of it beside what is in the chart."""
    call = json.loads(at_another_ehr("05"))
    made = ({key: value for key, value in (TAKEN | one).items() if value is not None} for one in records)
    call["prefetch"]["drugs"]["entry"] += [{"resource": _of(call, one)} for one in made]
    body = json.dumps(call).encode()
    service = for_call(container.order_sign, body)
    read = service.read(body)
    (decided,) = service.decide(read, service.chart(read), service.today())
    sheet = decided.judgement.safety
    assert sheet is not None
    words = in_words(timeline(sheet.reading, decided.judgement.findings), wording(language))
    (lane,) = [one for one in words.lanes if one.drug.startswith("capecitab")]
    boxes = picture(words).bars
    assert sum(one.text.startswith("capecitab") for one in boxes) == len(lane.stretches)
    return lane.stretches


def _of(call: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    return record | {"subject": {"reference": f"Patient/{call['context']['patientId']}"}}


@pytest.mark.parametrize("language", ["en", "es"])
def test_an_active_drug_without_an_end_is_drawn_up_to_the_order(container: Container, language: str) -> None:
    (stretch,) = lane_of(container, {}, language=language)
    assert (stretch.first.isoformat(), stretch.last.isoformat()) == ("2026-07-02", "2026-09-08")
    assert stretch.time == IN_WORDS[language]


@pytest.mark.parametrize(
    ("records", "last"),
    [
        ([ENDED], "2026-07-30"),
        ([{"effectivePeriod": {"start": "2026-07-02", "end": "2026-08-01"}}], "2026-08-01"),
        ([{"status": "completed"}], "2026-07-02"),
        ([{}, ENDED | {"status": "stopped"}], "2026-07-30"),
        ([ACTIVE_ORDER | {"effectivePeriod": None}], "2026-09-08"),
    ],
)
def test_one_that_ended_is_drawn_as_far_as_it_went(
    container: Container, records: list[dict[str, Any]], last: str
) -> None:
    assert lane_of(container, *records)[-1].last.isoformat() == last
