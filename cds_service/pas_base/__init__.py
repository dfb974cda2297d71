"""The FHIR base of Da Vinci PAS, `/fhir/pas`, over HTTP."""
