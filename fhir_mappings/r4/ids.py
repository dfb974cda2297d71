"""What may be the id of a resource. Source: FHIR R4, "Data Types", id: 1 to 64 letters, digits, dashes and dots."""

import re
from collections.abc import Callable

is_id: Callable[[str], object] = re.compile(r"[A-Za-z0-9\-.]{1,64}").fullmatch
"""Finds whether a text can be the id of a resource; it is asked of every resource of a call."""
