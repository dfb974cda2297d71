"""Changes to one record after which it may prove nothing, and records beside it that leave it open."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from random import Random
from types import MappingProxyType
from typing import Any

Json = dict[str, Any]
Turn = Callable[[Json, Random], Json | None]
"""Changes a record; None where the change says nothing of its type."""

_STATUSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "MedicationAdministration": ("not-done", "entered-in-error"),
        "MedicationStatement": ("not-taken", "intended", "entered-in-error"),
        "MedicationDispense": ("declined", "cancelled", "preparation", "entered-in-error"),
        "MedicationRequest": ("cancelled", "entered-in-error"),
        "Procedure": ("not-done", "preparation", "entered-in-error"),
        "Observation": ("cancelled", "entered-in-error", "registered"),
    }
)
_OLD_DENIALS: Mapping[str, tuple[Json, ...]] = MappingProxyType(
    {
        "MedicationAdministration": ({"wasNotGiven": True}, {"notGiven": True}),
        "MedicationStatement": ({"wasNotTaken": True}, {"taken": "n"}),
        "MedicationDispense": ({"notDone": True},),
        "Procedure": ({"notDone": True}, {"notPerformed": True}),
    }
)
_WORDS = (
    "Family history of this",
    "Ruled out",
    "Suspected, pending",
    "Descartado",
    "Antecedente familiar",
    "No evidence of it",
    "Donor",
    "Not given",
    "Paciente equivocado",
)
_HER2_TEXTS = (
    "Sent for HER2 amplification testing",
    "positive = 3+",
    "HER3 3+",
    "GATA3+",
    "kein 3+",
    "r/o amplification",
    "Ratio 1.1; positive >= 2.0",
    "Amplified (ratio 1.2)",
    "3+ edge artifact",
    "EGFR amplified",
    "3+ - CANCELLED, wrong patient",
    "Control: amplified",
    "Prior biopsy 3+",
    "se descarta amplificacion",
)
_WITHOUT_REMARKS = ("Claim", "ExplanationOfBenefit")
"""FHIR R4 has no note for these."""
_REMARKS_ON_GIVINGS = ("Wrong patient", "Was not given", "Held", "Skipped", "Charted in error", "Paciente equivocado")
_REMARKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Observation": ("Mislabeled", "Not yet verified", "Control tissue", "Repeat advised", "Amended", "Anulado"),
        "Condition": ("Not confirmed by biopsy", "Biopsy negative", "Descartado", "Ruled out", "Entered in error"),
    }
)
_PRIMARY = ("C50", "C90")
_RESULTS_OF_HER2 = frozenset({"85319-2", "18474-7", "72383-3", "85318-4", "31150-6", "96893-3"})
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_MEMBERS = (
    "effectiveDateTime",
    "performedDateTime",
    "onsetDateTime",
    "recordedDate",
    "authoredOn",
    "whenHandedOver",
)


def _modified(record: Json, _: Random) -> Json:
    return {**record, "modifierExtension": [{"url": "https://x.example/unknown", "valueBoolean": True}]}


def _denied_of_old(record: Json, chance: Random) -> Json | None:
    known = _OLD_DENIALS.get(record["resourceType"])
    return {**record, **chance.choice(known)} if known else None


def _not_done(record: Json, chance: Random) -> Json | None:
    known = _STATUSES.get(record["resourceType"])
    return {**record, "status": chance.choice(known)} if known else None


def _of_another(record: Json, chance: Random) -> Json:
    return {**record, "subject": {"reference": chance.choice(("Patient/another", "RelatedPerson/1", "Group/1"))}}


def _of_foreign_focus(record: Json, chance: Random) -> Json | None:
    if record["resourceType"] != "Observation":
        return None
    return {**record, "focus": [{"reference": chance.choice(("RelatedPerson/mother", "Device/1", "Patient/another"))}]}


def _of_another_site(record: Json, chance: Random) -> Json | None:
    codes = [str(one.get("code", "")) for one in record.get("code", {}).get("coding", ())]
    is_primary = record["resourceType"] == "Condition" and any(one.startswith(_PRIMARY) for one in codes)
    if not is_primary and record["resourceType"] != "Observation":
        return None  # a metastasis may be of any site
    site = {"text": chance.choice(("Stomach", "Colon", "Endometrium", "Prostate"))}
    return {**record, "bodySite": [site] if record["resourceType"] == "Condition" else site}


def _of_the_future(record: Json, _: Random) -> Json | None:
    dated = {name: f"{int(record[name][:4]) + 30}{record[name][4:]}" for name in _DATE_MEMBERS if name in record}
    return {**record, **dated} if dated else None


def _belied(record: Json, chance: Random) -> Json | None:
    named = next((name for name in ("medicationCodeableConcept", "code") if name in record), None)
    is_named = named is not None and record["resourceType"] != "Observation"
    return {**record, named: {**record[named], "text": chance.choice(_WORDS)}} if named and is_named else None


def _remarked(record: Json, chance: Random) -> Json | None:
    if record["resourceType"] in _WITHOUT_REMARKS:
        return None
    remarks = _REMARKS.get(record["resourceType"], _REMARKS_ON_GIVINGS)
    return {**record, "note": [*record.get("note", ()), {"text": chance.choice(remarks)}]}


def _with_her2_text(record: Json, chance: Random) -> Json | None:
    codes = {one.get("code") for one in record.get("code", {}).get("coding", ())}
    if record["resourceType"] != "Observation" or not codes & _RESULTS_OF_HER2:
        return None
    rest = {name: value for name, value in record.items() if not name.startswith(("value", "interpretation"))}
    return {**rest, "valueString": chance.choice(_HER2_TEXTS)}


TURNED: Mapping[str, Turn] = MappingProxyType(
    {
        "unknown modifier": _modified,
        "old denial": _denied_of_old,
        "not done": _not_done,
        "another person": _of_another,
        "foreign focus": _of_foreign_focus,
        "foreign site": _of_another_site,
        "dated in the future": _of_the_future,
        "words against the code": _belied,
        "HER2 text": _with_her2_text,
        "remark against it": _remarked,
    }
)
"""After such a change the record meets nothing."""


def unreadable_newer(record: Json, last: date) -> Json | None:
    """Return a newer result of the same test, up to a day, whose value cannot be read; None for what has no day."""
    when = str(record.get("effectiveDateTime", ""))[:10]
    if record["resourceType"] != "Observation" or not _DAY.fullmatch(when):
        return None
    newer = date.fromisoformat(when) + timedelta(days=1)
    rest = {name: value for name, value in record.items() if not name.startswith(("value", "interpretation"))}
    rest.pop("component", None)
    told = {"id": "newer", "valueString": "see scanned report", "effectiveDateTime": newer.isoformat()}
    return {**rest, **told} if newer <= last else None
