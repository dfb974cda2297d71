"""The clinical record without FHIR: what may be wrong with a record, and what its words say against its code."""
