"""From a chart to findings: each fact read by the record of its kind, and what may be newer than what is read."""
