"""The chain of what was written: hashes of rows, each linked to the one before it."""
