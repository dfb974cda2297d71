"""The status of a record is said in the reader's words: no code of FHIR stands in a sentence."""

import pytest

from fhir_mappings.wording import wording
from policies.model.notes import Note

STATUSES = {
    "MedicationRequest": "active on-hold cancelled completed entered-in-error stopped draft unknown",
    "MedicationStatement": "active completed entered-in-error intended stopped on-hold unknown not-taken",
    "MedicationAdministration": "in-progress not-done on-hold completed entered-in-error stopped unknown",
    "MedicationDispense": "preparation in-progress cancelled on-hold completed stopped declined unknown",
    "Procedure": "preparation in-progress not-done on-hold stopped completed entered-in-error unknown",
    "Claim": "active cancelled draft entered-in-error",
    "ExplanationOfBenefit": "active cancelled draft entered-in-error",
}
"""The codes that R4 binds the status of each kind of record to."""
CLINICAL = "active recurrence relapse inactive remission resolved"
"""Those of condition-clinical."""
NOTES = [
    *((f"treatment.{kind}", "drug", code) for kind, codes in STATUSES.items() for code in codes.split()),
    *(("relapse.evidence", "diagnosis", code) for code in CLINICAL.split()),
]


@pytest.mark.parametrize(("key", "subject", "code"), NOTES)
def test_each_status_has_words_in_both_languages(key: str, subject: str, code: str) -> None:
    note = Note(key, **{subject: "x", "status": code})
    english, spanish = (wording(language).words(note) for language in ("en", "es"))
    words = [one.rpartition("(")[2].rstrip(")").rpartition(": ")[2] for one in (english, spanish)]
    assert words == [wording(one)(f"record_status.{code}") for one in ("en", "es")]
    assert "-" not in words[0]
    assert words[0] != words[1]


def test_a_missing_status_is_said_and_another_stands_as_it_came() -> None:
    english, spanish = wording("en"), wording("es")
    assert english.words(Note("treatment.Procedure", drug="x", status="")) == "x as a procedure (no status)"
    assert spanish.words(Note("treatment.Procedure", drug="x", status="")) == "x como procedimiento (sin estado)"
    assert spanish.words(Note("treatment.Procedure", drug="x", status="odd")) == "x como procedimiento (odd)"
