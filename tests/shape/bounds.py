"""How far the shape of the house may go: lowered when the house becomes simpler, raised only with a reason."""

MODULES = 186
"""Modules that a signed order (sample 01) enters; raised for the grammar of texts, admission to evidence, the chain,
the card that is read at a glance, facts of any policy, and the register, which is a module a noun."""
CALLS = 7240
"""Calls of our functions for it; most are a fixed number for each record: read, looked through, admitted, placed.

Raised for the references that are followed from every record, for the card in two parts, and for statements that run on
the driver's own connection: SQLAlchemy's calls for each, which are gone, were never counted."""
ROOM = 14
"""Modules of a room."""
FLAT = 4
"""Modules of a package that lie beside its rooms."""
