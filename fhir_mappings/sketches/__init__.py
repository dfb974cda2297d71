"""Drawing patients: a case's sketch, line by line, becomes FHIR R4 resources.

Every code comes from the catalogue's value sets and drug table, found by name. What they do not hold is written as
text, or cannot be drawn.
"""
