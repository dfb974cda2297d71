"""Orders as FHIR R4 has them, decoded: how each names its product, its dose and its insurance, and whose it is."""
