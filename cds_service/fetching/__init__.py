"""The EHR's FHIR server as the source of what a call lacks (`docs/fetching.md`)."""
