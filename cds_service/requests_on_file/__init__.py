"""Prior authorization requests in the database: their tables, and reading and writing them."""
