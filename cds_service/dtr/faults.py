"""What is wrong with a DTR call: the status, the issue code of FHIR, and the text. No text holds a value of a chart."""

from collections.abc import Iterable
from dataclasses import dataclass

from fhir_mappings import strict_json

_DEEPEST = 64
"""How deep objects and lists of a body may be nested."""


@dataclass(frozen=True, slots=True)
class DtrIssue:
    """One thing that is wrong, and the linkId of the item that it is about; empty for the whole."""

    text: str
    link_id: str = ""


class DtrError(Exception):
    """A call that cannot be answered; `issues` holds one entry a fault."""

    def __init__(self, status: int, code: str, text: str) -> None:
        self.status = status
        self.code = code
        self.issues: tuple[DtrIssue, ...] = (DtrIssue(text),)
        super().__init__(text)

    @classmethod
    def of(cls, status: int, code: str, issues: Iterable[DtrIssue]) -> "DtrError":
        """Build an error with several faults."""
        found = tuple(issues)
        error = cls(status, code, "; ".join(f"{one.link_id}: {one.text}" for one in found))
        error.issues = found
        return error


def check_body(body: bytes) -> None:
    """Raise DtrError for a body that is no acceptable JSON."""
    try:
        strict_json.check_depth(body, _DEEPEST)
        strict_json.check(body)
    except strict_json.JsonError as error:
        raise DtrError(400, "structure", f"the body is no acceptable JSON: {error}") from None
