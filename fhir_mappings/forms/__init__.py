"""The form of a policy: its items, which of them are relevant, which come next. No FHIR."""
