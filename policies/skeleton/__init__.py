"""The skeleton of a new policy: its file and first cases, and what is on file that they name."""
