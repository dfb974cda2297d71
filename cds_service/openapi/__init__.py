"""The OpenAPI document: every address of this service, what it takes and what it answers."""
