"""HL7's own validator over what the tests send."""
