"""Coverages as FHIR R4 has them, and the person who is insured, decoded into frozen values."""
