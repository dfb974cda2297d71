"""The workbench of the policy team: check, test, show and begin a policy without a programmer.

Nothing here knows FHIR. Running the patient cases needs charts, so that it stands in `fhir_mappings.workbench`; the
commands stand in `cds_service.policy_commands`.
"""
