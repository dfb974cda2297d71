"""Which drug an order is for, and which other orders of its call count; no FHIR."""
