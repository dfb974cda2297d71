"""The patient and the documents of the record."""

from fhir_mappings.sketches.names import Names
from fhir_mappings.sketches.parts import PATIENT, Json, resource
from fhir_mappings.sketches.sheet import Sheet
from policies.testcases.casebook import Entry

_KINDS = {
    "oncology note": "DocumentReference",
    "imaging report": "DiagnosticReport",
    "pathology report": "DiagnosticReport",
    "imaging study": "ImagingStudy",
}


_OF_PATIENT = {"born": "birthDate", "sex": "gender"}


def patient(entries: tuple[Entry, ...]) -> Json:
    """Draw the patient, who is living unless an entry says otherwise."""
    person: Json = {"resourceType": "Patient", "id": PATIENT.partition("/")[2], "birthDate": "1958-04-17"}
    for entry in entries:
        if entry.verb == "deceased":
            said = entry.about[0]
            person |= {"deceasedBoolean": said == "yes"} if said in ("yes", "no") else {"deceasedDateTime": said}
        if entry.verb in _OF_PATIENT:
            person |= {_OF_PATIENT[entry.verb]: entry.about[0]}
    return person


def with_patient(_: Entry, __: Names, ___: Sheet) -> list[Json]:
    """Draw nothing: what the line says is drawn with the patient."""
    return []


def document(entry: Entry, _: Names, __: Sheet) -> list[Json]:
    """Draw a document: a note, a report, or imaging itself; `saying` is a sentence that stands in it."""
    kind, day, title = _KINDS[entry.about[0]], entry.word("on"), {"text": entry.about[0].capitalize()}
    match kind:
        case "DocumentReference":
            content = [{"attachment": {"contentType": "text/plain", "title": title["text"]}}]
            elements = {"type": title, "date": f"{day}T09:00:00Z" if day else "", "content": content}
            said = entry.word("saying")
            return [resource(kind, entry, status=entry.word("status", "current"), description=said, **elements)]
        case "ImagingStudy":
            return [resource(kind, entry, status=entry.word("status", "available"), started=day)]
        case _:
            concluded = {"code": title, "effectiveDateTime": day, "conclusion": entry.word("saying")}
            return [resource(kind, entry, status=entry.word("status", "final"), **concluded)]
