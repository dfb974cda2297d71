"""The kinds of fact as FHIR has them: how each is read, what its words would mean, its population logic, its sketch.

A module ends in the records of its kinds, `RECORDS`; `fhir_mappings.findings.fhir_kinds` collects them.
"""
