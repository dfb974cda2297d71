"""Initial or continuation, and the facts of a continuation."""

from dataclasses import replace

import pytest
from fhir_charts import (
    BREAST,
    MYELOMA,
    ON,
    SNOMED,
    Json,
    before,
    coded,
    concept,
    condition,
    finding,
    given,
    judged,
    observation,
    prescribed,
    progression,
    reading_of,
    reasons,
    resource,
    taken,
    truths,
)

from fhir_mappings.facts.continuation import treatment_duration
from policies.model.criteria import RequestKind
from policies.model.findings import Finding, Origin, Role, State

STABLE, IMPROVED, UNDETERMINED = "359746009", "268910001", "709137006"


def request(*values: Json, drug: str = BREAST) -> RequestKind | None:
    return judged(*values, drug=drug).request


@pytest.mark.parametrize("drug", [BREAST, MYELOMA])
@pytest.mark.parametrize(("days", "kind"), [(27, RequestKind.INITIAL), (28, RequestKind.CONTINUATION)])
def test_a_first_dose_twenty_eight_days_ago_makes_a_continuation(drug: str, days: int, kind: RequestKind) -> None:
    assert request(given(drug, before(days)), given(drug, before(1)), drug=drug) is kind


@pytest.mark.parametrize(
    "record",
    [
        prescribed(BREAST, before(100), status="active"),
        prescribed(BREAST, before(100), status="stopped"),
        given(BREAST, before(100), status="not-done"),
        given(BREAST, None),
        given("trastuzumab", before(100)),
        given(BREAST, "2026-11"),
    ],
)
def test_what_does_not_prove_a_first_dose_leaves_the_request_initial(record: Json) -> None:
    assert request(record) is RequestKind.INITIAL


def test_a_first_dose_dated_to_the_month_must_lie_back_on_every_day() -> None:
    assert request(given(BREAST, "2026-10")) is RequestKind.INITIAL
    assert request(given(BREAST, "2026-09")) is RequestKind.CONTINUATION


DOSE = given(BREAST, None, effectivePeriod={"start": before(100), "end": before(3)})
"""Doses from 100 days before the order: a treatment that goes on, since the last one is recent."""


def status(code: str, days: int, **members: object) -> Json:
    return observation("97509-4", coded(code), on=before(days), **members)


def progressed(*values: Json) -> Finding:
    return finding("progression_on_therapy", condition(), DOSE, *values)


def test_progression_since_the_first_dose_is_not_met() -> None:
    found = judged(condition(), DOSE, progression(before(10)))
    assert truths(found)["continuation.response"] == "not-met"
    assert reasons(found)["continuation.response"].note.startswith("Progression is on record: ")


@pytest.mark.parametrize("code", [STABLE, IMPROVED])
@pytest.mark.parametrize(("days", "outcome"), [(0, "met"), (90, "met"), (91, "unknown")])
def test_a_recent_status_without_progression_is_met(code: str, days: int, outcome: str) -> None:
    assert truths(judged(condition(), DOSE, status(code, days)))["continuation.response"] == outcome


def test_an_old_status_without_progression_is_shown_and_asked() -> None:
    assert "older than 90 days" in progressed(status(STABLE, 91)).note


@pytest.mark.parametrize("days", [100, 101])
def test_a_status_that_is_not_after_the_first_dose_says_nothing(days: int) -> None:
    assert progressed(progression(before(days))).note == "The chart does not say."


def test_a_status_without_any_dose_says_nothing() -> None:
    assert finding("progression_on_therapy", condition(), progression(before(10))).state is State.UNKNOWN


def test_a_status_without_a_date_says_nothing() -> None:
    assert progressed(observation("97509-4", coded(STABLE), on=None)).state is State.UNKNOWN


def test_a_progression_taken_back_later_is_a_conflict() -> None:
    assert progressed(progression(before(50)), status(STABLE, 10)).state is State.CONFLICTING


def test_progression_and_none_on_one_day_is_a_conflict() -> None:
    assert progressed(progression(before(10)), status(STABLE, 10)).state is State.CONFLICTING


def test_progression_in_a_month_that_may_hold_the_newest_status_is_a_conflict() -> None:
    assert progressed(progression("2026-11"), status(STABLE, 10)).state is State.CONFLICTING


def test_progression_after_a_stable_status_stands() -> None:
    assert progressed(status(STABLE, 50), progression(before(10))).value is True


@pytest.mark.parametrize("values", [[status(UNDETERMINED, 10)], [progression(before(50)), status(UNDETERMINED, 10)]])
def test_a_newest_status_that_does_not_tell_is_shown_and_asked(values: list[Json]) -> None:
    found = progressed(*values)
    assert found.state is State.UNKNOWN
    assert "does not tell" in found.note
    assert len(found.evidence) == len(values)


def test_codes_of_a_status_that_contradict_each_other_do_not_tell() -> None:
    both = concept(STABLE, SNOMED, also=[{"system": SNOMED, "code": "271299001"}])
    assert progressed(observation("97509-4", {"valueCodeableConcept": both}, on=before(10))).state is State.UNKNOWN


def test_a_status_of_another_cancer_says_nothing() -> None:
    colon = condition("C18.9", id="colon")
    assert progressed(colon, progression(before(10), focus=[{"reference": "Condition/colon"}])).state is State.UNKNOWN


def test_no_word_of_toxicity_is_no_proof_of_tolerance() -> None:
    assert truths(judged(condition(), DOSE))["continuation.tolerability"] == "unknown"


@pytest.mark.parametrize(
    "record",
    [
        given(BREAST, before(30), status="stopped", statusReason=[concept("407563006", SNOMED)]),
        prescribed(BREAST, before(30), status="stopped", statusReason=concept("407563006", SNOMED)),
    ],
)
def test_a_drug_stopped_because_it_was_not_tolerated_is_not_met(record: Json) -> None:
    found = judged(condition(), DOSE, record)
    assert truths(found)["continuation.tolerability"] == "not-met"
    assert "was not tolerated" in reasons(found)["continuation.tolerability"].note


@pytest.mark.parametrize(
    "record",
    [
        given(BREAST, before(30), status="stopped", statusReason=[concept("105480006", SNOMED)]),
        given(BREAST, before(30), status="stopped", statusReason=[{"text": "not tolerated"}]),
        given(BREAST, before(30), status="stopped", statusReason="not tolerated"),
        given("trastuzumab", before(30), status="stopped", statusReason=[concept("407563006", SNOMED)]),
    ],
)
def test_another_reason_or_another_drug_proves_no_toxicity(record: Json) -> None:
    assert finding("unacceptable_toxicity", DOSE, record).state is State.UNKNOWN


def test_without_a_maximum_the_duration_is_settled_by_the_policy() -> None:
    found = judged(condition(), DOSE)
    assert truths(found)["continuation.duration"] == "met"
    assert "no maximum" in reasons(found)["continuation.duration"].note
    assert found.findings["within_duration"].origin is Origin.POLICY


@pytest.mark.parametrize(("maximum", "value"), [(99, False), (100, True), (101, True)])
def test_a_maximum_is_counted_from_the_first_dose(maximum: int, value: bool) -> None:
    reading = reading_of(DOSE, given(BREAST, before(3)))
    fact = replace(reading.policy.facts["within_duration"], parameters={"maximum_days": maximum})
    found = treatment_duration(reading, fact)
    assert found.value is value
    assert [one.date for one in found.evidence] == [before(100)]
    assert bool(found.note) is not value


def test_a_maximum_without_a_sure_first_dose_is_unknown() -> None:
    for values in ([], [given(BREAST, "2026")]):
        reading = reading_of(*values)
        fact = replace(reading.policy.facts["within_duration"], parameters={"maximum_days": 200})
        assert treatment_duration(reading, fact).state is State.UNKNOWN


def note(days: int, **members: object) -> Json:
    named = {"status": "current", "date": f"{before(days)}T10:00:00Z"}
    return resource("DocumentReference", **(named | members))


def report(kind: str, **members: object) -> Json:
    return resource(kind, **({"status": "final", "effectiveDateTime": before(5)} | members))


@pytest.mark.parametrize(
    ("fact", "document"),
    [
        ("oncology_note", note(0)),
        ("oncology_note", note(90)),
        ("imaging_comparison", report("DiagnosticReport")),
        ("imaging_comparison", report("ImagingStudy", status="available", effectiveDateTime=None, started=before(5))),
    ],
)
def test_a_fitting_document_is_offered_and_never_decides(fact: str, document: Json) -> None:
    found = finding(fact, document)
    assert (found.state, found.evidence[0].role) == (State.UNKNOWN, Role.POSSIBLE)
    assert "please attach or attest" in found.note


@pytest.mark.parametrize(
    ("fact", "document"),
    [
        ("oncology_note", note(91)),
        ("oncology_note", note(5, status="superseded")),
        ("oncology_note", note(5, date=None)),
        ("oncology_note", report("DiagnosticReport")),
        ("imaging_comparison", note(5)),
        ("imaging_comparison", report("DiagnosticReport", status="preliminary")),
    ],
)
def test_a_document_that_does_not_fit_is_not_offered(fact: str, document: Json) -> None:
    assert finding(fact, document).note == "The chart does not say."


def test_a_continuation_is_never_met_by_the_chart_alone() -> None:
    found = judged(condition(), DOSE, status(IMPROVED, 5), note(5), report("DiagnosticReport"))
    outcome = truths(found)
    assert outcome["continuation.oncology-note"] == outcome["continuation.imaging"] == "unknown"
    assert found.ruling is not None
    assert found.ruling.truth.value == "unknown"


def test_a_running_statement_of_the_drug_counts_from_its_start() -> None:
    assert request(taken(BREAST, before(28, ON))) is RequestKind.CONTINUATION


def scan(days: int, **members: object) -> Json:
    named = {"status": "final", "code": {"text": "CT chest"}, "effectiveDateTime": before(days)}
    return resource("DiagnosticReport", **(named | members))


@pytest.mark.parametrize(
    "imaging",
    [
        scan(5),
        resource("ImagingStudy", status="available", started=before(5)),
        scan(5, code={"text": "Report"}, category=[concept("RAD", "http://terminology.hl7.org/CodeSystem/v2-0074")]),
        scan(5, code={"text": "Report"}, category=[concept("LP29684-5")]),
    ],
)
def test_no_progression_that_is_older_than_the_last_imaging_is_asked_again(imaging: Json) -> None:
    found = progressed(status(STABLE, 10), imaging)
    assert (found.state, "imaging since then" in found.note) == (State.UNKNOWN, True)
    assert {one.role for one in found.evidence} == {Role.POSSIBLE}


@pytest.mark.parametrize(
    "other",
    [
        scan(10),
        scan(20),
        scan(5, code={"text": "Complete blood count"}),
        scan(5, status="preliminary"),
        scan(-1),
        scan(5, effectiveDateTime=None),
        resource("DocumentReference", status="current", description="CT chest", date=f"{before(5)}T00:00:00Z"),
    ],
)
def test_what_is_no_later_imaging_does_not_shake_a_status(other: Json) -> None:
    assert progressed(status(STABLE, 10), other).value is False


def test_imaging_after_progression_does_not_take_it_back() -> None:
    assert progressed(status("271299001", 10), scan(5)).value is True


@pytest.mark.parametrize("drug", [BREAST, MYELOMA])
@pytest.mark.parametrize(
    ("days", "kind"),
    [
        ([183, 15], RequestKind.CONTINUATION),  # a pause between two courses: the drug was first given long ago
        ([183, 90], RequestKind.CONTINUATION),
        ([183, 91], RequestKind.INITIAL),  # the pause reaches up to the order
        ([183], RequestKind.INITIAL),
        ([500, 400, 28], RequestKind.CONTINUATION),
        ([28], RequestKind.CONTINUATION),
        ([27, 3], RequestKind.INITIAL),
    ],
)
def test_only_a_pause_up_to_the_order_makes_a_first_request_again(
    drug: str, days: list[int], kind: RequestKind
) -> None:
    assert request(*(given(drug, before(each)) for each in days), drug=drug) is kind


def event(**members: Json | str) -> Json:
    named = {"actuality": "actual", "event": {"text": "Cytokine release syndrome"}, "date": before(5)}
    return resource("AdverseEvent", **(named | members))


def test_an_adverse_event_since_the_first_dose_is_shown_and_asked() -> None:
    found = reasons(judged(condition(), DOSE, event(id="ae")))["continuation.tolerability"]
    assert found.truth.value == "unknown"
    assert "Cytokine release syndrome" in found.note
    assert "AdverseEvent/ae" in found.note


@pytest.mark.parametrize(
    "members",
    [
        {"date": before(3000)},
        {"date": before(-1)},
        {"actuality": "potential"},
        {"status": "entered-in-error"},
        {"subject": {"reference": "Patient/other"}},
    ],
)
def test_an_adverse_event_of_another_time_or_person_is_not_shown(members: Json) -> None:
    assert "Cytokine" not in reasons(judged(condition(), DOSE, event(**members)))["continuation.tolerability"].note


@pytest.mark.parametrize("words", ["Cytokine release syndrome, grade 2", "ICANS", "Evento adverso grave"])
def test_a_diagnosis_of_toxicity_is_shown_and_asked(words: str) -> None:
    found = reasons(judged(condition(), DOSE, condition(code={"text": words})))
    assert words in found["continuation.tolerability"].note
