"""Possible evidence on a form: what is offered to be confirmed by a click, and what a click says."""
