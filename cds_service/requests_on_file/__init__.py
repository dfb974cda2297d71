"""Prior authorization requests in the database: their tables, reading and writing them, and their figures."""
