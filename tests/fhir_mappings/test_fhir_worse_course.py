"""What is written after a status of no progression, and says that the disease is worse, leaves it open (reading 20)."""

import base64

import pytest
from fhir_charts import MYELOMA, Json, before, condition, finding, given, observation, resource
from fhir_charts import coded as coding

from fhir_mappings.disease.worse_course import says_worse
from policies.model.findings import State

STABLE = "359746009"
WORSE = (
    "Biochemical progression, the M-spike doubled",
    "Progression of disease in the liver on CT",
    "Progressed in two bones",
    "New brain metastases on MRI",
    "New lytic lesions of the spine",
    "Progressive disease by IMWG criteria",
    "Rising M-protein, 0.3 to 2.1 g/dL",
    "Free light chains increasing since August",
    "Progresión de la enfermedad",
    "Nuevas lesiones óseas",
    "Relapsed with an extramedullary plasmacytoma",
    "Possible progression in the liver",
    "Recurrence in the chest wall",
    "PD by RECIST",
    "The disease is worse",
    "Extramedullary disease in the liver",
    "Lambda light chains are trending up",
    "CA 15-3 has doubled",
    "Componente monoclonal en aumento",
)
NO_WORSE = (
    "Progress note",
    "No progression",
    "No evidence of disease progression",
    "Continue until progression or unacceptable toxicity",
    "Stable disease without progression",
    "Continuar hasta progresión",
    "Progression: none",
    "Monitor for progression with serum protein electrophoresis",
    "Prior progression on daratumumab",
    "Progressed on carfilzomib",
    "Progressed in 2021 after the transplant",
    "Relapsed/refractory myeloma, now in response",
    "No new lesions",
    "Restage for progression in three months",
    "Progression-free for six months",
    "Sin progresión",
    "If progression, then change treatment",
    "Infusion in progress",
    "Progressing well with physical therapy",
    "Increased fatigue, worse pain",
    "PD-L1 negative",
    "No extramedullary disease",
    "Light chains stable, dose increased",
)


def course() -> tuple[Json, ...]:
    """Return a patient with myeloma who has had elranatamab for a hundred days, stable ten days ago."""
    doses = (given(MYELOMA, before(days)) for days in (100, 50, 12))
    return (condition("C90.02"), *doses, observation("97509-4", coding(STABLE), on=before(10)))


def note(words: str, days: int) -> Json:
    data = base64.b64encode(words.encode()).decode()
    attachment = {"contentType": "text/plain", "data": data}
    code = {"text": "Note"}
    return resource(
        "DocumentReference", status="current", type=code, date=f"{before(days)}T09:00:00Z",
        content=[{"attachment": attachment}],
    )  # fmt: skip


def report(words: str, days: int) -> Json:
    code = {"text": "Laboratory summary"}
    return resource("DiagnosticReport", status="final", code=code, effectiveDateTime=before(days), conclusion=words)


def state(*more: Json) -> State:
    return finding("progression_on_therapy", *course(), *more, drug=MYELOMA).state


@pytest.mark.parametrize("kind", [note, report])
@pytest.mark.parametrize("words", WORSE)
def test_newer_words_of_progression_leave_a_stable_status_open(words: str, kind: object) -> None:
    write = note if kind is note else report
    assert (state(write(words, 9)), state(write(words, 11))) == (State.UNKNOWN, State.KNOWN)


@pytest.mark.parametrize("words", NO_WORSE)
def test_words_that_tell_of_no_progression_now_shake_no_status(words: str) -> None:
    assert state(note(words, 9)) is State.KNOWN


OF_NOW = (
    "Compared with the prior CT, new liver metastases",
    "Compared to the study of 03/2025, growth of the nodules",
    "Interval enlargement of the hepatic metastases",
    "Index lesion increased from 2.1 to 4.0 cm",
    "History of breast cancer, now with progression in bone",
    "Initial response followed by progression",
    "PD, switch to carfilzomib",
    "Progression in the liver, will start talquetamab",
    "No new lesions in the brain, progression in bone",
    "No change in size but new lesions",
    "No longer responding",
    "She failed this regimen",
    "Mixed response",
    "POD on treatment",
    "Nuevo aumento de tamaño de las lesiones",
    "En comparación con el TAC previo, progresión hepática",
    "Mieloma conocido, ahora en progresión",
    "No responde al tratamiento",
    "Fracturas patológicas nuevas",
)
NOT_OF_NOW = (
    "Compared with the prior CT, no new lesions",
    "Lesions have decreased since the prior CT",
    "No enlarged lymph nodes",
    "Nodes are not enlarged",
    "Neuropathy is worsening",
    "Disease not growing",
    "POD 3 after port placement",
    "Growth factor given, lesion of the skin",
    "New prescription for bone metastases",
    "Relapsed/refractory myeloma, now with stable disease",
    "Sin aumento de tamaño de las lesiones",
    "Comparado con el estudio previo, sin cambios",
)


def test_what_is_compared_turns_to_now_or_names_the_next_drug_is_of_now() -> None:
    assert [one for one in OF_NOW if state(note(one, 9)) is not State.UNKNOWN] == []
    assert [one for one in NOT_OF_NOW if state(note(one, 9)) is not State.KNOWN] == []


@pytest.mark.parametrize("words", ["Progressed on it", "Progression on elranatamab"])
def test_progression_on_the_ordered_drug_is_of_now(words: str) -> None:
    assert says_worse(words)
    assert state(note(words, 9)) is State.UNKNOWN


def test_the_newer_words_are_quoted_beside_the_status() -> None:
    found = finding("progression_on_therapy", *course(), note(WORSE[0], 9), drug=MYELOMA)
    assert WORSE[0] in found.note
    assert "stable" in found.note


@pytest.mark.parametrize(
    ("onset", "recorded", "expected"),
    [
        (before(9), before(9), State.UNKNOWN),
        (before(11), before(9), State.KNOWN),
        (None, before(9), State.KNOWN),
    ],
)
def test_a_spread_that_began_after_the_status_leaves_it_open(onset: str | None, recorded: str, expected: State) -> None:
    spread = condition("C79.51", onsetDateTime=onset, recordedDate=recorded)
    spread["code"]["coding"][0]["display"] = "Secondary malignant neoplasm of bone"
    assert state(spread) is expected
