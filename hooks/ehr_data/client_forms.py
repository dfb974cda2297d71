"""Whether a client has a form already: it is asked before the form is sent to it (CRD 2.2.1, dev-20).

Asked inside the time of the call, and only for what a card will name. A client that cannot be asked, or does not
answer in time, counts as one that lacks the form: it is then sent to be created only if it is not there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from hooks.ehr_data.fetch_port import NOTHING, Budget, Fetched, Gap
from hooks.request.call import Call

Json = dict[str, Any]


class _Form(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: str = ""
    url: str = ""
    version: str = ""


class _Entry(msgspec.Struct, frozen=True, gc=False):
    resource: _Form = _Form()


class _Found(msgspec.Struct, frozen=True, gc=False):
    entry: tuple[_Entry, ...] = ()


_FOUND = msgspec.json.Decoder(_Found)


class FindsForms(Protocol):
    """Finds forms by their canonical URL with its version."""

    def __call__(self, canonical: str, *, older: bool) -> Json | None:
        """Return a Questionnaire as DTR 2.0.1 has it, or as it is for the newer version; None if there is none."""


def no_form(canonical: str, *, older: bool) -> Json | None:  # noqa: ARG001 - as every finder of forms
    """Find no form."""
    return None


@dataclass(frozen=True, slots=True)
class Forms:
    """What finds a Questionnaire; `there` are those that the client has, by canonical URL with its version."""

    find: FindsForms = no_form
    there: frozenset[str] = frozenset()


NO_FORMS = Forms()
"""No form is sent."""


def as_query(canonical: str) -> str:
    """Return the search for one version of a form, as `davinci-crd.if-none-exist` takes it."""
    url, _, version = canonical.partition("|")
    return f"url={quote(url, safe=':/')}&version={quote(version, safe='')}"


def ask(call: Call, budget: Budget, canonicals: Iterable[str]) -> tuple[frozenset[str], Fetched]:
    """Ask the client's server for forms; return those that it has, and what was asked without the bodies."""
    gaps = [Gap(f"Questionnaire?{as_query(one)}", f"Questionnaire?{as_query(one)}") for one in canonicals]
    if not gaps or not call.fhir_server:
        return frozenset(), NOTHING
    with budget.source(call.fhir_server, call.token) as source:
        fetched = source.get(gaps)
    there = frozenset(canonical for _, body in fetched.bodies for canonical in _canonicals(body))
    return there, Fetched(steps=fetched.steps)


def _canonicals(body: bytes) -> list[str]:
    try:
        found = [entry.resource for entry in _FOUND.decode(body).entry]
    except msgspec.DecodeError:
        return []
    return [f"{one.url}|{one.version}" for one in found if one.resource_type == "Questionnaire"]
