"""How far the shape of the house may go: lowered when the house becomes simpler, raised only with a reason."""

MODULES = 135
"""Modules that a signed order (sample 01) enters; five more since texts are read by a grammar, a room of its own."""
CALLS = 5600
"""Calls of our functions for it."""
ROOM = 14
"""Modules of a room."""
FLAT = 4
"""Modules of a package that lie beside its rooms."""
