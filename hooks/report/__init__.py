"""The JSON report of one judged order: criteria, evidence, lines, doses."""
