"""Treatments that were given, and the lines of therapy that they make."""
