"""Further changes to one record after which it may prove nothing: beside what it says, and in what state it is."""

from collections.abc import Mapping
from random import Random
from types import MappingProxyType

from tests.metamorphic.turned import TURNED, Json, Turn

_VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_ICD = "http://hl7.org/fhir/sid/icd-10-cm"
_CLAIMS = ("Claim", "ExplanationOfBenefit")
_NOT_VERIFIED = ("refuted", "entered-in-error", "unconfirmed", "provisional", "differential", "unknown-word")
_TOLD = ("Entered in error", "Wrong patient", "Charted in error", "Paciente equivocado", "Registrado por error")
_OF_OTHERS = ("Family history", "Donor", "Antecedentes familiares", "Control")
_ABSENT = ("unknown", "error", "not-performed", "masked", "not-applicable")
_NO_SUBJECT = (None, {"display": "Somebody"}, {"reference": "Device/1"}, {"reference": ""})
_NO_BILL = ({"use": "predetermination"}, {"use": "preauthorization"}, {"status": "cancelled"}, {"status": "draft"})
_NO_DAY = ("2026-13-45", "yesterday", "2026-02-30", "11/02/2026x")
_NO_DISEASE = (
    {"system": _ICD, "code": "Z80.3", "display": "Family history of malignant neoplasm of breast"},
    {"system": _ICD, "code": "D05.10", "display": "Intraductal carcinoma in situ of breast"},
    {"system": _ICD, "code": "Z12.31", "display": "Screening mammogram"},
    {"system": _ICD, "code": "R92.8", "display": "Abnormal finding on imaging of breast"},
)


def _of_narrative(record: Json, chance: Random) -> Json:
    status = chance.choice(("additional", "extensions"))
    words = f"<p>Note</p><p>{chance.choice(_TOLD)}</p>"
    return {**record, "text": {"status": status, "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{words}</div>'}}


def _not_verified(record: Json, chance: Random) -> Json | None:
    if record["resourceType"] != "Condition":
        return None
    verified = {"coding": [{"system": _VERIFICATION, "code": chance.choice(_NOT_VERIFIED)}]}
    return {**record, "verificationStatus": verified}


def _of_category(record: Json, chance: Random) -> Json | None:
    if record["resourceType"] not in ("Condition", "Observation"):
        return None
    return {**record, "category": [*record.get("category", ()), {"text": chance.choice(_OF_OTHERS)}]}


def _beside_another_code(record: Json, chance: Random) -> Json | None:
    if record["resourceType"] != "Condition":
        return None
    code = record["code"]
    return {**record, "code": {**code, "coding": [*code.get("coding", ()), chance.choice(_NO_DISEASE)]}}


def _absent(record: Json, chance: Random) -> Json | None:
    if record["resourceType"] != "Observation" or "component" in record:  # A panel may have values in its parts alone.
        return None
    kept = {name: value for name, value in record.items() if not name.startswith(("value", "component", "interpret"))}
    absent = {"coding": [{"code": chance.choice(_ABSENT)}]}
    return {**chance.choice((kept, record)), "dataAbsentReason": absent}


def _of_nobody(record: Json, chance: Random) -> Json:
    name = "patient" if record["resourceType"] in _CLAIMS else "subject"
    subject = chance.choice(_NO_SUBJECT)
    rest = {key: value for key, value in record.items() if key != name}
    return rest if subject is None else {**rest, name: subject}


def _only_asked_for(record: Json, chance: Random) -> Json | None:
    if record["resourceType"] in _CLAIMS:
        return {**record, **chance.choice(_NO_BILL)}
    if record["resourceType"] != "MedicationRequest":
        return None
    return {**record, **chance.choice(({"intent": "proposal"}, {"intent": "option"}, {"doNotPerform": True}))}


def _on_no_day(record: Json, chance: Random) -> Json | None:
    if "effectiveDateTime" not in record:
        return None
    return {**record, "effectiveDateTime": chance.choice(_NO_DAY)}


def _never_begun(record: Json, chance: Random) -> Json | None:
    is_giving = record["resourceType"] in ("MedicationAdministration", "MedicationDispense", "Procedure")
    if not is_giving or record.get("status") == "stopped":  # What was stopped had begun.
        return None
    words = chance.choice(("Patient refused", "Not given", "Paciente rehusó", "Never started"))
    status = {"text": words}
    return {**record, "statusReason": status if record["resourceType"] == "Procedure" else [status]}


EVERY: Mapping[str, Turn] = MappingProxyType(
    {
        **TURNED,
        "narrative against it": _of_narrative,
        "not verified": _not_verified,
        "category of others": _of_category,
        "a code of no disease beside": _beside_another_code,
        "value absent": _absent,
        "nobody's": _of_nobody,
        "only asked for": _only_asked_for,
        "on no day": _on_no_day,
        "never begun": _never_begun,
    }
)
"""After such a change the record meets nothing."""
