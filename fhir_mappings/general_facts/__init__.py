"""The kinds of fact that any drug policy can ask for, of whatever disease: one module each, with its record.

What a policy of oncology alone asks for stands in `fhir_mappings.facts`.
"""
