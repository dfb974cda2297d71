"""What may be the id of a resource. Source: FHIR R4, "Data Types", id: 1 to 64 letters, digits, dashes and dots."""

import re

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def is_id(text: str) -> bool:
    """Whether a text can be the id of a resource."""
    return _ID.fullmatch(text) is not None
