"""How far the shape of the house may go: lowered when the house becomes simpler, raised only with a reason."""

MODULES = 130
"""Modules that a signed order (sample 01) enters."""
CALLS = 5600
"""Calls of our functions for it."""
ROOM = 14
"""Modules of a room."""
FLAT = 4
"""Modules of a package that lie beside its rooms."""
