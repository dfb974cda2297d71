"""FHIR in and FHIR out: charts and orders become findings, determinations become FHIR.

FHIR R4 throughout. Only what is needed is decoded; `docs/architecture.md` says why.
"""
