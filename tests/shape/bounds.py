"""How far the shape of the house may go: lowered when the house becomes simpler, raised only with a reason."""

MODULES = 167
"""Modules that a signed order (sample 01) enters; raised for the grammar of texts, admission to evidence, the chain."""
CALLS = 12000
"""Calls of our functions for it; raised from 5,500: each record is looked through before it is evidence."""
ROOM = 14
"""Modules of a room."""
FLAT = 4
"""Modules of a package that lie beside its rooms."""
