"""Kinds of remarks that take a record back, each by some of its wordings; plain remarks stop nothing."""

import pytest
from fhir_charts import MYELOMA, SNOMED, condition, ecog, finding, given, observation, resource, text

from policies.model.findings import Range, State

IHC, ICD = "85319-2", "http://hl7.org/fhir/sid/icd-10-cm"
BEFORE = "2026-11-10"
DISOWNED = [
    "This belongs to another patient",
    "Es de otra paciente",
    "Filed in the wrong chart",
    "Kindly disregard",
    "No tomar en cuenta este dato",
    "Nullified by the laboratory",
    "Samples were swapped",
    "Registro equivocado",
]
"""What disowns any record, whatever it is of."""


@pytest.mark.parametrize("remark", DISOWNED)
def test_a_record_that_a_remark_disowns_proves_nothing(remark: str) -> None:
    note = [{"text": remark}]
    assert finding("her2_ihc_score", observation(IHC, text("3+"), note=note)).state is State.UNKNOWN
    assert finding("breast_cancer", condition(note=note)).state is State.UNKNOWN
    assert finding("ecog", ecog({"valueInteger": 1}, note=note), drug=MYELOMA).state is State.UNKNOWN
    assert _count(given("trastuzumab", BEFORE, note=note)) == 0


def _count(record: dict[str, object]) -> int:
    found = finding("prior_anti_her2_therapies", condition(), record).value
    return found.at_least if isinstance(found, Range) else 0


@pytest.mark.parametrize(
    ("remark", "stands"),
    [
        ("Rescored as negative", False),
        ("Score was lowered on review", False),
        ("Not final", False),
        ("Staining in the in situ component only", False),
        ("Weak membranous staining", False),
        ("In fewer than 10% of tumor cells", False),
        ("FISH: negative", False),
        ("Non-amplified by CISH", False),
        ("Second opinion: HER2 negative", False),
        ("HR+/HER2- per outside report", False),
        ("Gastric biopsy", False),
        ("Tejido de colon", False),
        ("ISH not done, stain is 3+", True),
        ("ER weakly positive", True),
        ("Ductal carcinoma in situ is present too", True),
        ("HER2+ and PR negative", True),
        ("Bone biopsy", True),
        ("Negative control: appropriate", True),
        ("Nodes negative", True),
        ("Not cleared by the FDA; developed by this laboratory", True),
        ("Core of the left breast, block B2, signed electronically", True),
        ("Revisado por la Dra. Lugo", True),
    ],
)
def test_a_remark_beside_a_stain(remark: str, *, stands: bool) -> None:
    found = finding("her2_ihc_score", observation(IHC, text("3+"), note=[{"text": remark}]))
    assert (found.value == "3+") == stands


@pytest.mark.parametrize(
    ("remark", "count"),
    [
        ("Infusion aborted before start", 0),
        ("Voided", 0),
        ("Returned to the pharmacy", 0),
        ("Devuelto a farmacia", 0),
        ("Did not receive the drug", 0),
        ("Patient did not arrive", 0),
        ("Entire bag wasted", 0),
        ("0 mg given", 0),
        ("0 mL", 0),
        ("Saline only", 0),
        ("Billing correction only", 0),
        ("0 mg wasted", 1),
        ("10 mg of the vial wasted", 1),
        ("Tolerated well, no reaction", 1),
        ("Daughter at bedside", 1),
        ("Lives with husband", 1),
        ("Vino con su esposo", 1),
        ("Pressure held for 5 min", 1),
    ],
)
def test_a_remark_beside_what_was_given(remark: str, count: int) -> None:
    assert _count(given("trastuzumab", BEFORE, note=[{"text": remark}])) == count


@pytest.mark.parametrize(
    ("remark", "stands"),
    [
        ("Biopsy came back as fibroadenoma", False),
        ("Benign by pathology", False),
        ("Se descarta", False),
        ("To rule out cancer", False),
        ("She does not have breast cancer", False),
        ("For insurance purposes", False),
        ("Mother was present", True),
        ("No metastases at diagnosis", True),
        ("Bone scan negative", True),
        ("Followed at the tumor board", True),
    ],
)
def test_a_remark_beside_a_diagnosis(remark: str, *, stands: bool) -> None:
    assert (finding("breast_cancer", condition(note=[{"text": remark}])).value is True) == stands


@pytest.mark.parametrize(
    ("remark", "stands"),
    [
        ("Hemangioma on MRI", False),
        ("PET negative", False),
        ("No evidence of metastasis", False),
        ("Lesión benigna", False),
        ("Segment VI, 3 cm", True),
        ("No new lesions", True),
        ("No new metastases", True),
    ],
)
def test_a_remark_beside_a_metastasis(remark: str, *, stands: bool) -> None:
    spread = condition(code={"coding": [{"system": ICD, "code": "C78.7"}]}, note=[{"text": remark}])
    assert (finding("disease_extent", condition(), spread).value == "metastatic") == stands


@pytest.mark.parametrize(
    ("grade", "remark", "stands"),
    [
        (1, "Bed-bound since Monday", False),
        (2, "Encamada", False),
        (3, "Bedridden", True),
        (1, "Not bedridden", True),
        (1, "Accompanied by sister", True),
        (1, "Bed rest at night", True),
    ],
)
def test_a_remark_beside_a_grade(grade: int, remark: str, *, stands: bool) -> None:
    found = finding("ecog", ecog({"valueInteger": grade}, note=[{"text": remark}]), drug=MYELOMA)
    assert (found.value == Range.exactly(grade)) == stands


@pytest.mark.parametrize(
    ("code", "words", "leaves_open"),
    [
        ("Z17.411", "", True),
        ("Z17.32", "", True),
        ("Z17.31", "", False),
        ("Z17.1", "", False),
        ("C50.911", "Triple negative breast cancer", True),
        ("C50.911", "ER+/PR+/HER2- carcinoma of the breast", True),
        ("C50.911", "ER-/HER2+ carcinoma of the breast", False),
    ],
)
@pytest.mark.parametrize("field", ["onsetDateTime", "recordedDate"])
def test_a_newer_diagnosis_that_says_less_leaves_a_positive_stain_open(
    field: str, code: str, words: str, *, leaves_open: bool
) -> None:
    def diagnosis(on: str) -> dict[str, object]:
        named = {"coding": [{"system": ICD, "code": code}], "text": words or None}
        return resource("Condition", **_confirmed(), code=named, **{field: on})

    stain = observation(IHC, text("3+"), on="2026-03-01")
    newer, older = (finding("her2_ihc_score", stain, diagnosis(on)) for on in ("2026-03-02", "2026-02-28"))
    assert (newer.state is State.UNKNOWN, older.value) == (leaves_open, "3+")


def _confirmed() -> dict[str, object]:
    system = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    return {"verificationStatus": {"coding": [{"system": system, "code": "confirmed"}]}}


def test_a_newer_finding_by_code_alone_that_says_less_leaves_a_positive_stain_open() -> None:
    code = {"coding": [{"system": SNOMED, "code": "431396003"}]}
    newer = resource("Observation", status="final", code=code, effectiveDateTime="2026-03-02")
    assert finding("her2_ihc_score", observation(IHC, text("3+"), on="2026-03-01"), newer).state is State.UNKNOWN


@pytest.mark.parametrize(("day", "leaves_open"), [("2026-03-02", True), ("2026-02-28", False), ("2027-06-01", False)])
@pytest.mark.parametrize("field", ["effectiveDateTime", "issued"])
def test_a_report_that_says_less_counts_by_its_issue_too_and_none_after_the_order(
    field: str, day: str, *, leaves_open: bool
) -> None:
    when = {field: f"{day}T10:00:00Z"}
    report = resource("DiagnosticReport", status="final", code={"text": "Report"}, conclusion="HER2 1+", **when)
    stain = observation(IHC, text("3+"), on="2026-03-01")
    assert (finding("her2_ihc_score", stain, report).state is State.UNKNOWN) == leaves_open
