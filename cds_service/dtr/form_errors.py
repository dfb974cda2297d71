"""`$log-questionnaire-errors`: what went wrong with a form of ours in a DTR app, as the app reports it.

Source: DTR 2.2.0 and 2.0.1, dtr-log-errors-input-parameters (the OperationDefinition of 2.0.1 names the parameters with
capital letters). It must hold nothing of a patient; of what it says only the few members are kept that help to mend a
form, cut to a length, without control characters.
"""

from collections.abc import Iterable

import msgspec

from cds_service.dtr.errors import DtrError, Fault
from cds_service.dtr.parameters import Parameters, read_parameters
from cds_service.storage.form_errors import FormErrors, FormIssue

_LONGEST = 500
_MOST = 50
_FORM_NAMES = frozenset({"questionnaire", "Questionnaire"})
_OUTCOME_NAMES = frozenset({"operationOutcome", "OperationOutcome", "outcome"})


class _Details(msgspec.Struct, frozen=True):
    text: str = ""


class _Issue(msgspec.Struct, frozen=True):
    severity: str
    code: str
    details: _Details = _Details()
    diagnostics: str = ""
    expression: tuple[str, ...] = ()
    location: tuple[str, ...] = ()


class _Outcome(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str = ""
    issue: tuple[_Issue, ...] = ()


class _Parameter(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    resource: msgspec.Raw = msgspec.Raw()
    value_canonical: str = ""
    value_uri: str = ""
    value_string: str = ""


def read_form_errors(body: bytes, max_depth: int) -> FormErrors:
    """Read the body of a call; raises DtrError."""
    read = read_parameters(body, max_depth, Parameters[_Parameter])
    forms = [one for one in read.parameter if one.name in _FORM_NAMES]
    names = [_cut(one.value_canonical or one.value_uri or one.value_string) for one in forms]
    outcomes = [_outcome(one) for one in read.parameter if one.name in _OUTCOME_NAMES]
    if not any(names):
        raise DtrError(Fault.REQUIRED, "parameter questionnaire is needed: the canonical URL of a form")
    if not outcomes:
        raise DtrError(Fault.REQUIRED, "parameter operationOutcome is needed")
    issues = [_issue(issue) for outcome in outcomes for issue in outcome.issue]
    return FormErrors(tuple(filter(None, names))[:_MOST], tuple(issues[:_MOST]))


def _outcome(parameter: _Parameter) -> _Outcome:
    try:
        read = msgspec.json.decode(parameter.resource, type=_Outcome)
    except msgspec.DecodeError as error:
        raise DtrError(Fault.INVALID, f"parameter {parameter.name} holds no OperationOutcome: {error}") from None
    if read.resource_type != "OperationOutcome" or not read.issue:
        raise DtrError(Fault.INVALID, f"parameter {parameter.name} holds no OperationOutcome with an issue")
    return read


def _issue(one: _Issue) -> FormIssue:
    said = " ".join(part for part in (one.details.text, one.diagnostics) if part)
    return FormIssue(_cut(one.severity), _cut(one.code), _first(one.expression or one.location), _cut(said))


def _first(places: Iterable[str]) -> str:
    return _cut(next(iter(places), ""))


def _cut(text: str) -> str:
    """Return a text on one line, without what a terminal would obey, and not over its length."""
    plain = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(plain.split())[:_LONGEST]
