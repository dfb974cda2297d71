"""How far the shape of the house may go: lowered when the house becomes simpler, raised only with a reason."""

MODULES = 191
"""Modules that a signed order (sample 01) enters: admission has one for each kind of record, facts and cards for each
kind of them, the register one for each noun; orders and Coverages are decoded apart from what reasons over them; one
module chooses which policy of a drug holds."""
CALLS = 5260
"""Calls of our functions for it; most are a fixed number for each record: read, looked through, admitted, placed.

Raised for words beside a code, which must name its disease, for values that are hidden, and for remarks and withdrawn
reports, which are held against a record; every text is measured before what is made of it is remembered. Diagnoses,
too, are read for newer words against a HER2 result."""
ROOM = 14
"""Modules of a room."""
FLAT = 4
"""Modules of a package that lie beside its rooms."""
LINES = 250
"""Lines of a module."""
LONGER_MODULES = {"hooks.response.service": 293}
"""The modules that have more, and how many: what is read and written as one; each may only become shorter."""
FUNCTION = 25
"""Lines of a function."""
LONGER_FUNCTIONS = {"cds_service.commands.impact.impact": 28}
"""The functions that have more, and how many: a parameter for each option of a command.

Each may only become shorter."""
