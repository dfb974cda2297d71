"""Coverages, the payer's members, and the coverage-information extension."""
