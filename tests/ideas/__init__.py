"""Ideas of black-box conformance tests (docs/ideas.csv) that no other test shows."""
