"""The forms of a package, whichever shape they came in."""

from typing import Any

Json = dict[str, Any]


def parameters(content: Json) -> list[Json]:
    """The output parameters; a bare Bundle, as 2.0.1 has one form without a remark, is like the one of that name."""
    if content["resourceType"] == "Bundle":
        return [{"name": "PackageBundle", "resource": content}]
    return list(content["parameter"])
