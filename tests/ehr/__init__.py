"""A small record system for tests and for `make sandbox`: FHIR R4 search as the standard says, over what is laid in."""
