"""Reading the payer's files: YAML with places, JSON Schemas, and faults that name them."""
