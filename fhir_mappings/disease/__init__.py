"""Diagnoses, how far the disease has spread, and how it has changed."""
