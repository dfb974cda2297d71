"""A JSON Schema as it is used here: it says at once whether a content is as it should be, and else finds each fault."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


@dataclass(frozen=True, slots=True)
class Schema:
    """Two validators of one schema: the compiled one decides, a hundred times as fast; another says what is wrong.

    `contents` is the schema, for the other one, which is loaded where there is something to say.
    """

    compiled: jsonschema_rs.Validator
    contents: Mapping[str, Any]

    @classmethod
    def of(cls, contents: Mapping[str, Any]) -> "Schema":
        """Compile a schema of draft 2020-12; raises jsonschema_rs.ValidationError if it is none."""
        return cls(jsonschema_rs.Draft202012Validator(dict(contents)), contents)

    def fits(self, content: Any) -> bool:
        """Whether a content is as it should be, by the compiled validator.

        JSON Schema takes 2.0 for a whole number, and files here may not: such a content is looked at twice. Bounds are
        held by the number as it is written, and that no whole number is asked for by 2.0000001 in its place.
        """
        fractional = _without_whole_decimals(content)
        return self.compiled.is_valid(content) and (fractional is content or self.compiled.is_valid(fractional))

    def faults(self, content: Any) -> Iterator["ValidationError"]:
        """Yield what is wrong with a content; nothing if it is as it should be."""
        if not self.fits(content):
            from jsonschema import Draft202012Validator  # noqa: PLC0415

            yield from Draft202012Validator(self.contents).iter_errors(content)


_FRACTION = Decimal("0.0000001")


def _without_whole_decimals(content: Any) -> Any:
    """Return a content with 2.0000001 in the place of 2.0; the very content if there is none."""
    if isinstance(content, dict):
        members = {key: _without_whole_decimals(inner) for key, inner in content.items()}
        return members if any(members[key] is not inner for key, inner in content.items()) else content
    if isinstance(content, list):
        parts = [_without_whole_decimals(inner) for inner in content]
        return parts if any(one is not inner for one, inner in zip(parts, content, strict=True)) else content
    is_whole = isinstance(content, Decimal) and content == content.to_integral_value()
    return content + _FRACTION if is_whole else content
