"""What may not change an answer, and what takes an answer away, tried on the charts of the cases."""
