"""The kinds of fact: their two records hang together, and nothing else names them."""
