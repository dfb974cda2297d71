"""Who read what, whether what is on file is what was written, and what a purge would take."""
