"""The chart: FHIR resources of one patient decoded, sorted and matched by code; what could not be read is named."""
