"""What the payer decides: three-valued logic, facts, policies and their evaluation, and the policy files themselves.

Nothing here knows FHIR, HTTP or the clock. What a chart says comes in as findings, what a date is comes in as a date.
"""
