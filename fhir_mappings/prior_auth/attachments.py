"""FHIR in: documents and answered forms that a provider sends for a request on file, in answer to what was asked.

Source: Da Vinci CDex 2.1, operation $submit-attachment and its Parameters: TrackingId, AttachTo, MemberId, for each
Attachment LineItem, Code and Content, and Final. Who sends, and for which payer, is known by the access token.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fhir_mappings.prior_auth.bundles import BundleError, Fault, read_body
from fhir_mappings.prior_auth.information_requests import FORM
from fhir_mappings.prior_auth.json_values import codes, inner, objects, pairs, text
from fhir_mappings.prior_auth.pas_urls import LOINC
from fhir_mappings.r4.references import local

Json = dict[str, Any]
MOST_ATTACHED = 100
"""How many documents come at once at most."""
_PLACE = "Parameters.parameter"
_LINE = re.compile(r"[0-9]{1,9}")
_SUBJECTS = ("subject", "patient")


@dataclass(frozen=True, slots=True)
class Attached:
    """A document or an answered form: as it came, for which items, and what it is (LOINC; `FORM` for a form)."""

    resource: Json
    lines: frozenset[int]
    codes: frozenset[str]

    @property
    def is_form(self) -> bool:
        """Whether it is an answered form."""
        return self.resource.get("resourceType") == "QuestionnaireResponse"

    @property
    def patients(self) -> frozenset[str]:
        """Return the ids of the patients that it names as those whom it is about."""
        named = (local(text(inner(self.resource.get(name)).get("reference"))) for name in _SUBJECTS)
        return frozenset(one[1] for one in named if one is not None and one[0] == "Patient")


@dataclass(frozen=True, slots=True)
class Attachments:
    """What was sent: for which request (system and value of an identifier), for which member, and whether it is all."""

    tracking: tuple[str, str]
    member: str
    attached: tuple[Attached, ...]
    is_final: bool


def read_attachments(body: bytes, max_depth: int) -> Attachments:
    """Read what was sent; raises BundleError that names every place that is wrong."""
    content = read_body(body, max_depth)
    if not isinstance(content, dict) or content.get("resourceType") != "Parameters":
        raise BundleError([Fault("the body is no Parameters", "Parameters")])
    parameters = objects(content.get("parameter"))
    faults = list(_faults(parameters))
    if faults:
        raise BundleError(faults)
    each = tuple(_attached(one) for one in parameters if one.get("name") == "Attachment")
    is_final = any(one.get("name") == "Final" and one.get("valueBoolean") is True for one in parameters)
    return Attachments(_identifier(parameters, "TrackingId"), _identifier(parameters, "MemberId")[1], each, is_final)


def _faults(parameters: tuple[Json, ...]) -> Iterator[Fault]:
    for name in ("TrackingId", "MemberId"):
        if not _identifier(parameters, name)[1]:
            yield Fault("is missing, there twice, or has no value", f"{_PLACE}.where(name='{name}')")
    if [one.get("valueCode") for one in parameters if one.get("name") == "AttachTo"] != ["preauth"]:
        yield Fault("is not preauth", f"{_PLACE}.where(name='AttachTo')")
    found = [one for one in parameters if one.get("name") == "Attachment"]
    if not 1 <= len(found) <= MOST_ATTACHED:
        yield Fault(f"is missing, or there more than {MOST_ATTACHED} times", f"{_PLACE}.where(name='Attachment')")
    for index, one in enumerate(found):
        place = f"{_PLACE}.where(name='Attachment')[{index}].part"
        if len([each for each in _parts(one, "Content") if text(inner(each.get("resource")).get("resourceType"))]) != 1:
            yield Fault("is no single resource", f"{place}.where(name='Content')")
        if not all(_LINE.fullmatch(text(each.get("valueString"))) for each in _parts(one, "LineItem")):
            yield Fault("is no number of an item", f"{place}.where(name='LineItem')")


def _identifier(parameters: tuple[Json, ...], name: str) -> tuple[str, str]:
    found = [one.get("valueIdentifier") for one in parameters if one.get("name") == name]
    named = pairs(found) if len(found) == 1 else frozenset()
    return next(iter(named), ("", ""))


def _parts(parameter: Json, name: str) -> list[Json]:
    return [one for one in objects(parameter.get("part")) if one.get("name") == name]


def _attached(parameter: Json) -> Attached:
    (content,) = _parts(parameter, "Content")
    resource, lines = content["resource"], (int(one["valueString"]) for one in _parts(parameter, "LineItem"))
    said = [codes(one.get("valueCodeableConcept"), LOINC) for one in _parts(parameter, "Code")]
    own = codes(resource.get("type"), LOINC) | codes(resource.get("code"), LOINC)
    form = {FORM} if resource["resourceType"] == "QuestionnaireResponse" else set()
    return Attached(resource, frozenset(lines), own.union(*said) | form)
