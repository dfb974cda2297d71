"""Forms, free of FHIR: what a policy asks a person, in which order, and under which linkIds."""
