"""Everything that can be wrong with a call, and what the caller is told.

    CallError                  a call that cannot be answered
      NotJsonError             the body is no acceptable JSON                              400
      TooLargeError            the body is larger than the limit                           413
      EncodingError            the body is packed in a way that we cannot undo             415
      InvalidCallError         a member is missing or of the wrong type                    400
      VersionError             a version of CRD is asked for that we do not speak          400
      CoverageError            no single coverage of this payer, where one is needed       400
      MissingDataError         required data neither came with the call nor can be had     412
      UnprocessableError       FHIR content that CRD does not allow                        422
      UnknownServiceError      there is no such service                                    404
      UnauthorizedError        the caller is not known, or its token does not hold         401

The table below maps each to its HTTP status and to the code of the OperationOutcome issue (`docs/errors.md`). No text
holds a value from a chart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong, and where: a FHIRPath into the call, such as context.draftOrders.entry[0].resource."""

    text: str
    place: str = ""


class CallError(Exception):
    """A call that cannot be answered; `issues` holds one entry a fault."""

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__("; ".join(issue.text for issue in self.issues))


class NotJsonError(CallError):
    """The body is no acceptable JSON."""


class TooLargeError(CallError):
    """The body is larger than the limit."""


class EncodingError(CallError):
    """The body is packed in a way that we cannot undo."""


class InvalidCallError(CallError):
    """A member is missing or of the wrong type."""


class VersionError(CallError):
    """A version of CRD is asked for that we do not speak."""


class CoverageError(CallError):
    """There is no single coverage of this payer, where one is needed."""


class MissingDataError(CallError):
    """Required data neither came with the call nor can be had."""


class UnprocessableError(CallError):
    """FHIR content that CRD does not allow."""


class UnknownServiceError(CallError):
    """There is no such service."""


class UnauthorizedError(CallError):
    """The caller is not known, or its token does not hold."""


@dataclass(frozen=True, slots=True)
class Told:
    """How an error is told: the HTTP status and the issue code of FHIR."""

    status: int
    code: str


TOLD: Mapping[type[CallError], Told] = MappingProxyType(
    {
        NotJsonError: Told(400, "structure"),
        TooLargeError: Told(413, "too-long"),
        EncodingError: Told(415, "not-supported"),
        InvalidCallError: Told(400, "invalid"),
        VersionError: Told(400, "not-supported"),
        CoverageError: Told(400, "business-rule"),
        MissingDataError: Told(412, "required"),
        UnprocessableError: Told(422, "invalid"),
        UnknownServiceError: Told(404, "not-found"),
        UnauthorizedError: Told(401, "login"),
    }
)


def outcome(code: str, issues: Iterable[Issue]) -> Json:
    """Build an OperationOutcome with one issue a fault; its place stands in `expression`."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {"severity": "error", "code": code, "details": {"text": issue.text}}
            | ({"expression": [issue.place]} if issue.place else {})
            for issue in issues
        ],
    }


def told(error: CallError) -> tuple[int, Json]:
    """Return the HTTP status and the OperationOutcome of an error."""
    how = TOLD[type(error)]
    return how.status, outcome(how.code, error.issues)
