"""`make sandbox`: the service, and a small FHIR and SMART server with the sample charts, for clients in a browser."""
