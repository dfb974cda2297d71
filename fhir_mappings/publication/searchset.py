"""The answer to a search. Source: FHIR R4, Bundle."""

from collections.abc import Iterable
from typing import Any

JSON = "application/fhir+json"

Json = dict[str, Any]


def searchset(found: Iterable[Json], own_url: str) -> Json:
    """Write what was found; `own_url` tells which parameters were used. Versions share their fullUrl."""
    entries = [{"fullUrl": one["url"], "resource": one, "search": {"mode": "match"}} for one in found]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(entries),
        "link": [{"relation": "self", "url": own_url}],
        **({"entry": entries} if entries else {}),
    }
