"""The commands that look after what is on file."""
