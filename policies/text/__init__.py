"""A policy and the differences of two versions, in words and as JSON."""
