"""Everything that can be wrong with a call, and how the call is answered.

    CallError                  a call that cannot be answered
      NotJsonError             the body is no acceptable JSON                              400
      TooLargeError            the body is larger than the limit                           413
      LateError                the body did not come to its end in time                    408
      EncodingError            the body is packed in a way that we cannot undo             415
      MediaError               the body is sent as something other than JSON               415
      IdError                  an id is none by FHIR's rule                                400
      InvalidCallError         a member is missing or of the wrong type                    400, in CRD 2.0 422
      WrongHookError           the hook is not that of the service                         400
      VersionError             a version of CRD is asked for that we do not speak          400
      CoverageError            no single coverage of this payer, where one is needed       400
      MissingDataError         required data neither came with the call nor can be had     412
      UnreadableError          FHIR content that is no valid FHIR                          400, in CRD 2.0 422
      UnprocessableError       FHIR content that CRD does not allow                        422
      UnknownServiceError      there is no such service                                    404
      UnauthorizedError        the caller is not known, or its token does not hold         401
      ForbiddenError           the caller's token does not allow this                      403
      OriginError              a page of another site calls                                403
      HostError                the request is for another host                             421
      TooManyError             the client makes more calls than it may                     429
      OverloadError            more calls are waiting than can be answered in time         503

The table below maps each to its HTTP status, a version of CRD where it differs, and to the severity and code of the
OperationOutcome issue. `docs/errors.md` shows the same table, and a test holds the two together. No text holds a value
from a chart. Sources: CRD 2.0.1, and CRD 2.2.1 (hook-9 to hook-14), "HTTP response codes".
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from hooks.protocol.crd_versions import CRD_VERSIONS, DEFAULT_VERSION

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong, and where: a FHIRPath into the call, such as context.draftOrders.entry[0].resource."""

    text: str
    place: str = ""


class CallError(Exception):
    """A call that cannot be answered; `issues` holds one entry a fault, `version` is that of CRD to report it in."""

    version: str = DEFAULT_VERSION.name

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__("; ".join(issue.text for issue in self.issues))


class NotJsonError(CallError):
    """The body is no acceptable JSON."""


class TooLargeError(CallError):
    """The body is larger than the limit."""


class LateError(CallError):
    """The body did not come to its end in time."""


class EncodingError(CallError):
    """The body is packed in a way that we cannot undo."""


class MediaError(CallError):
    """The body is sent as something other than JSON."""


class IdError(CallError):
    """An id is none by FHIR's rule."""


class InvalidCallError(CallError):
    """A member is missing or of the wrong type."""


class WrongHookError(CallError):
    """The hook is not that of the service."""


class VersionError(CallError):
    """A version of CRD is asked for that we do not speak."""


class CoverageError(CallError):
    """There is no single coverage of this payer, where one is needed."""


class MissingDataError(CallError):
    """Required data neither came with the call nor can be had."""


class UnreadableError(CallError):
    """FHIR content that is no valid FHIR."""


class UnprocessableError(CallError):
    """FHIR content that CRD does not allow."""


class UnknownServiceError(CallError):
    """There is no such service."""


class UnauthorizedError(CallError):
    """The caller is not known, or its token does not hold."""


class ForbiddenError(CallError):
    """The caller's token does not allow this."""


class OriginError(CallError):
    """A page of another site calls."""


class HostError(CallError):
    """The request is for another host."""


class TooManyError(CallError):
    """The client makes more calls than it may."""


class OverloadError(CallError):
    """More calls are waiting than can be answered in time."""


@contextmanager
def reported_in(version: str) -> Iterator[None]:
    """Have every error that comes out of a block reported in a version of CRD."""
    try:
        yield
    except CallError as error:
        error.version = version
        raise


@dataclass(frozen=True, slots=True)
class Reported:
    """How an error is reported: the HTTP status, and the issue's code and severity.

    `by_version`: the status is the one that the version of CRD has for malformed content. CRD 2.0 keeps 400 for what is
    no JSON, and answers 422 to what else is wrong with the content of a call.
    """

    status: int
    code: str
    by_version: bool = False
    severity: str = "error"

    def status_in(self, version: str) -> int:
        """Return the status in a version of CRD."""
        return CRD_VERSIONS[version].malformed_content if self.by_version else self.status


REPORTED: Mapping[type[CallError], Reported] = MappingProxyType(
    {
        NotJsonError: Reported(400, "structure"),
        TooLargeError: Reported(413, "too-long"),
        LateError: Reported(408, "timeout"),
        EncodingError: Reported(415, "not-supported"),
        MediaError: Reported(415, "not-supported"),
        IdError: Reported(400, "value"),
        InvalidCallError: Reported(400, "invalid", by_version=True),
        WrongHookError: Reported(400, "invalid"),
        VersionError: Reported(400, "not-supported"),
        CoverageError: Reported(400, "business-rule"),
        MissingDataError: Reported(412, "required"),
        UnreadableError: Reported(400, "invalid", by_version=True),
        UnprocessableError: Reported(422, "invalid"),
        UnknownServiceError: Reported(404, "not-found"),
        UnauthorizedError: Reported(401, "login"),
        ForbiddenError: Reported(403, "forbidden"),
        OriginError: Reported(403, "forbidden"),
        HostError: Reported(421, "not-supported"),
        TooManyError: Reported(429, "throttled"),
        OverloadError: Reported(503, "throttled"),
    }
)


OF_HTTP: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        404: ("not-found", "there is nothing at this address"),
        405: ("not-supported", "this address does not take this method"),
        413: ("too-long", "the body is larger than this service takes"),
        500: ("exception", "the service failed on this call; the fault is ours and was logged"),
    }
)
"""Errors before or beside a call, by their status: the issue's code and text, in every version of CRD."""


def outcome(code: str, issues: Iterable[Issue], severity: str = "error") -> Json:
    """Build an OperationOutcome with one issue a fault; its place stands in `expression`."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {"severity": severity, "code": code, "details": {"text": issue.text}}
            | ({"expression": [issue.place]} if issue.place else {})
            for issue in issues
        ],
    }


def status_and_outcome(error: CallError) -> tuple[int, Json]:
    """Return the HTTP status and the OperationOutcome of an error, in its version of CRD."""
    how = REPORTED[type(error)]
    return how.status_in(error.version), outcome(how.code, error.issues, how.severity)
