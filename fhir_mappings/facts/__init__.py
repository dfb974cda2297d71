"""How each kind of fact is read from a chart; one module a kind or a family of kinds."""
