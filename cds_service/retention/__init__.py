"""Deleting what is older than the payer keeps it: what may go, what goes with it, and the walk through the tables."""
