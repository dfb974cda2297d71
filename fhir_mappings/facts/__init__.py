"""The kinds of fact: one module each, and the table of their readers."""
