"""What is published in FHIR: the payer's value sets and code systems, capability statements, searchsets."""
