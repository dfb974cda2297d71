"""Value sets, drugs, and code systems with all their spellings."""
