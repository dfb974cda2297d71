"""The payer's value sets and code systems as FHIR has them: written from the policies' files, never by hand."""
