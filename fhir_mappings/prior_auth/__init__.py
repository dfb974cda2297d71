"""Prior authorization requests as FHIR holds them (Da Vinci PAS 2.2.1): Bundles in, answers and notices out."""
