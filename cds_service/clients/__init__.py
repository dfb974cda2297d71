"""Registered CDS clients: who they are, and how their tokens are checked."""
