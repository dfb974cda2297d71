"""FHIR R4 as we read it: structs of resources, dates, references, statuses, strict JSON."""
