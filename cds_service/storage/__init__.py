"""Determinations that last: calls, determinations with their revisions, and authorizations, in one database."""
