"""What can be wrong with a DTR call: one table of status and issue code, the same in DTR 2.0.1 and 2.2.0.

An error is a bare OperationOutcome (DTR 2.2.0, oper-11); no text of it holds a value of a chart. `docs/dtr.md` shows
the table, and a test holds the two together. Sources: DTR 2.2.0, spec-130, spec-147; FHIR R4, "HTTP".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from fhir_mappings.r4 import strict_json


class Fault(Enum):
    """A row of the table: the HTTP status, the code of the issue, and when it is reported."""

    STRUCTURE = (400, "structure", "The body is no acceptable JSON, or not the resource that the operation takes.")
    NOTHING_ASKED = (400, "invariant", "Neither order, questionnaire nor context is named (dtr-1).")
    REQUIRED = (400, "required", "A parameter that is needed is missing.")
    INVALID = (
        400,
        "invalid",
        "A parameter cannot be read, or an answer of an adaptive form does not fit its question.",
    )
    VALUE = (400, "value", "A parameter has a value that it cannot have.")
    SEARCH = (400, "not-supported", "A search has a modifier, or (with handling=strict) a parameter that is not known.")
    FORBIDDEN = (403, "forbidden", "The token has no scope for this.")
    ABSENT = (404, "not-found", "There is nothing of this id, version or canonical URL.")
    FORMAT = (406, "not-supported", "Another format than JSON is asked for.")
    MEDIA = (415, "not-supported", "The body is of another media type than JSON.")
    UNKNOWN = (
        422,
        "not-found",
        "What the call is about is not known here: its context, coverage, form or determination.",
    )
    UNRELATED = (422, "business-rule", "Patient, coverage, order or form is not that of the determination.")
    STALE = (422, "business-rule", "A later answer to the same question is here already, and says otherwise.")
    ANSWER = (422, "invalid", "An answer does not fit its question, or status or date of the response cannot be.")
    OPEN = (422, "required", "The response is completed, and a required question is open.")
    LOST = (503, "transient", "The answers could not be kept.")
    NO_STORE = (503, "transient", "There is no store here that could keep an answer.")

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return int(self.value[0])

    @property
    def code(self) -> str:
        """Return the issue code of FHIR."""
        return str(self.value[1])


@dataclass(frozen=True, slots=True)
class DtrIssue:
    """One thing that is wrong, and the linkId of the item that it is about; empty for the whole."""

    text: str
    link_id: str = ""


class DtrError(Exception):
    """A call that cannot be answered; `issues` holds one entry a fault."""

    def __init__(self, fault: Fault, text: str) -> None:
        self.fault = fault
        self.issues: tuple[DtrIssue, ...] = (DtrIssue(text),)
        super().__init__(text)

    @classmethod
    def of(cls, fault: Fault, issues: Iterable[DtrIssue]) -> "DtrError":
        """Build an error with several faults."""
        found = tuple(issues)
        error = cls(fault, "; ".join(f"{one.link_id}: {one.text}" for one in found))
        error.issues = found
        return error


def check_body(body: bytes, max_depth: int) -> None:
    """Raise DtrError for a body that is no acceptable JSON, or nested deeper than allowed."""
    try:
        strict_json.check_depth(body, max_depth)
        strict_json.check(body)
    except strict_json.JsonError as error:
        raise DtrError(Fault.STRUCTURE, f"the body is no acceptable JSON: {error}") from None
