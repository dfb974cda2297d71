"""The options of the fact that chooses an indication: they stand under the indications of the file alone."""

from collections.abc import Mapping
from typing import Any


def choice_of_indications(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the choice, and what is said of those that the policy does not cover."""
    covered, named = content.get("indications", {}), content.get("not_covered", {})
    covered_by = content.get("covered", {})
    refused = [*(one["title"] for one in named.values()), *([covered_by["otherwise"]] if covered_by else [])]
    options = [*(one["title"] for one in covered.values()), *refused]
    return {"options": options, "notes": {one: covered_by.get("note", "") for one in refused}}
