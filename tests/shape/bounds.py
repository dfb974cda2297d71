"""How far the shape of the house may go: lowered when the house becomes simpler, raised only with a reason."""

MODULES = 186
"""Modules that a signed order (sample 01) enters; raised for the grammar of texts, admission to evidence, the chain,
the card that is read at a glance, facts of any policy, and the register, which is a module a noun."""
CALLS = 7150
"""Calls of our functions for it; most are a fixed number for each record: read, looked through, admitted, placed.

Raised for the references that are followed from every record, and for the card in two parts."""
ROOM = 14
"""Modules of a room."""
FLAT = 4
"""Modules of a package that lie beside its rooms."""
