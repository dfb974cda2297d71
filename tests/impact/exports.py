"""Small exports of made-up members, and a draft that asks for a lower ECOG status than the version in force."""

import gzip
import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cds_service.impact.comparison import Comparison
from fhir_mappings.members import PolicyVersion
from tests import world

Json = dict[str, Any]
ON = date(2026, 7, 1)
POLICY, IN_FORCE = "elranatamab", date(2025, 12, 11)
LOINC, RXNORM = "http://loinc.org", "http://www.nlm.nih.gov/research/umls/rxnorm"


def draft(folder: Path, old: str = "at_most: 2}", new: str = "at_most: 1}") -> Path:
    """Copy the policies of the tests' world, with a new version that asks for an ECOG status of at most 1."""
    home = world.copy_of(folder)
    data = home / "data" / POLICY
    text = (data / f"{IN_FORCE}.yaml").read_text("utf-8")
    assert text.count(old) == 1
    changed = text.replace(old, new).replace(f"version: {IN_FORCE}", f"version: {ON}", 1)
    (data / f"{ON}.yaml").write_text(changed, "utf-8")
    return home


def comparison(home: Path) -> Comparison:
    return Comparison(PolicyVersion(POLICY, IN_FORCE, str(world.FOLDER)), PolicyVersion(POLICY, ON, str(home)), ON)


def patient(name: str, **members: Any) -> Json:
    return {"resourceType": "Patient", "id": name, "birthDate": "1958-04-17"} | members


def ecog(member: str, score: int, name: str = "ecog", **members: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": f"{member}-{name}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "89247-1"}]},
        "subject": {"reference": f"Patient/{member}"},
        "effectiveDateTime": "2026-06-20",
        "valueInteger": score,
    } | members


def myeloma(member: str) -> Json:
    coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C90.02", "display": "Multiple myeloma in relapse"}
    return {
        "resourceType": "Condition",
        "id": f"{member}-c",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"coding": [coding]},
        "subject": {"reference": f"Patient/{member}"},
    }


def given(member: str, medication: str) -> Json:
    """A dose of what a Medication of the export says."""
    return {
        "resourceType": "MedicationAdministration",
        "id": f"{member}-{medication}",
        "status": "completed",
        "subject": {"reference": f"Patient/{member}"},
        "effectiveDateTime": "2025-02-03",
        "medicationReference": {"reference": f"Medication/{medication}"},
    }


def medication(name: str, code: str) -> Json:
    return {"resourceType": "Medication", "id": name, "code": {"coding": [{"system": RXNORM, "code": code}]}}


def members(scores: Mapping[str, int]) -> list[Json]:
    """Members with myeloma and an ECOG status each."""
    return [one for name, score in scores.items() for one in (patient(name), myeloma(name), ecog(name, score))]


def text(resources: Iterable[Json]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in resources)


def by_type(resources: Iterable[Json]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for one in resources:
        found.setdefault(one["resourceType"], []).append(one)
    return found


def plain(folder: Path, resources: Iterable[Json]) -> Path:
    """Write an export as plain files, one a type."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, some in by_type(resources).items():
        (folder / f"{kind}.ndjson").write_bytes(text(some))
    return folder


def packed(folder: Path, resources: Iterable[Json]) -> Path:
    """Write the same as files of one or two resources, packed."""
    folder.mkdir(parents=True)
    for kind, some in by_type(resources).items():
        for number in range(0, len(some), 2):
            (folder / f"{kind}.{number}.ndjson.gz").write_bytes(gzip.compress(text(some[number : number + 2])))
    return folder


def parquet_texts(folder: Path, resources: Iterable[Json]) -> Path:
    """Write the same as Parquet, the text of a resource a row."""
    folder.mkdir(parents=True)
    for kind, some in by_type(resources).items():
        texts = pa.table({"resource": [json.dumps(one) for one in some]})
        pq.write_table(texts, folder / f"{kind}.parquet")
    return folder


def parquet_columns(folder: Path, resources: Iterable[Json]) -> Path:
    """Write the same as Parquet, a column a member."""
    folder.mkdir(parents=True)
    for kind, some in by_type(resources).items():
        names = list(dict.fromkeys(name for one in some for name in one))
        columns = {name: [one.get(name) for one in some] for name in names}
        pq.write_table(pa.table(columns), folder / f"{kind}.parquet")
    return folder
