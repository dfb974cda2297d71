"""The register in a database: what a call reads, what it determines, and that all of it is kept or nothing."""
