"""A QuestionnaireResponse as far as it says what it belongs to: its form, subject, coverage and determination."""

from collections.abc import Iterator
from typing import Any

import msgspec
import orjson

from cds_service.dtr.dtr_versions import DTR_2_0, DTR_2_2, DtrDialect
from cds_service.dtr.errors import DtrError, Fault, check_body
from fhir_mappings.forms.dtr_urls import DTR
from fhir_mappings.questionnaires.response import Item
from fhir_mappings.r4.elements import Reference
from fhir_mappings.r4.references import named

Json = dict[str, Any]
_COVERAGE = f"{DTR}/qr-coverage"
_CONTEXTS = frozenset({f"{DTR}/qr-context", _COVERAGE})
_DECIDES_NOTHING = frozenset({"stopped", "entered-in-error"})
_FINISHED = frozenset({"completed", "amended"})


class _Identifier(msgspec.Struct, frozen=True):
    system: str = ""
    value: str = ""


class _Extension(msgspec.Struct, frozen=True, rename="camel"):
    url: str = ""
    value_reference: Reference | None = None


class _Contained(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str = ""
    id: str = ""
    derived_from: tuple[str, ...] = ()
    url: str = ""
    version: str = ""
    item: tuple[Item, ...] = ()


class Head(msgspec.Struct, frozen=True, rename="camel"):
    """The head of a response; a contained form is that of an adaptive one. Items are looked at for their type only."""

    status: str = ""
    questionnaire: str = ""
    subject: Reference | None = None
    identifier: _Identifier | None = None
    extension: tuple[_Extension, ...] = ()
    contained: tuple[_Contained, ...] = ()
    item: tuple[Item, ...] = ()

    @property
    def coverage(self) -> str:
        """Return Type/id of the coverage that it names; empty if it names none."""
        return next((one for one in self._contexts() if one.startswith("Coverage/")), "")

    @property
    def orders(self) -> frozenset[str]:
        """Return Type/id of each order that it names."""
        return frozenset(one for one in self._contexts() if not one.startswith("Coverage/"))

    def _contexts(self) -> Iterator[str]:
        for one in self.extension:
            pair = named(one.value_reference)
            if one.url in _CONTEXTS and pair is not None:
                yield "/".join(pair)

    @property
    def names_coverage(self) -> bool:
        """Whether its coverage stands where only DTR 2.2.0 has it."""
        return any(one.url == _COVERAGE for one in self.extension)

    @property
    def patient(self) -> str:
        """Return the id of its subject; empty if that is no patient."""
        whose = named(self.subject)
        return whose[1] if whose is not None and whose[0] == "Patient" else ""

    @property
    def determination(self) -> str:
        """Return the id of the determination that its identifier names; empty if it names none."""
        named = self.identifier
        return named.value if named is not None and named.system.endswith("/determination") else ""

    @property
    def decides_nothing(self) -> bool:
        """Whether it was stopped or entered in error: it counts no more, whatever it says."""
        return self.status in _DECIDES_NOTHING

    @property
    def is_finished(self) -> bool:
        """Whether it is said to be complete."""
        return self.status in _FINISHED

    @property
    def canonicals(self) -> tuple[str, ...]:
        """Return what its form may be known by: what it names; of a contained form what it is derived from, or is.

        Renderers keep a static form inside the response, under its own canonical URL.
        """
        if not self.questionnaire.startswith("#"):
            return (self.questionnaire,)
        forms = (one for one in self.contained if one.resource_type == "Questionnaire")
        own = [one for one in forms if one.id == self.questionnaire[1:]]
        derived = [name for one in own for name in one.derived_from]
        itself = [f"{one.url}|{one.version}" if one.version else one.url for one in own if one.url]
        return (*derived, *itself)


def read_head(body: bytes, max_depth: int, wrong: Fault = Fault.ANSWER) -> tuple[Head, Json]:
    """Read the head of a response, and all of it as plain values; raises DtrError, `wrong` for a member of no use."""
    check_body(body, max_depth)
    try:
        content = orjson.loads(body)
        if not isinstance(content, dict) or content.get("resourceType") != "QuestionnaireResponse":
            raise DtrError(Fault.STRUCTURE, "the body is no QuestionnaireResponse")
        head = msgspec.json.decode(body, type=Head)
    except orjson.JSONDecodeError as error:
        raise DtrError(Fault.STRUCTURE, f"the body is no acceptable JSON: {error}") from None
    except msgspec.ValidationError as error:
        raise DtrError(wrong, f"the response cannot be read: {error}") from None
    return head, content


def spoken(head: Head, otherwise: DtrDialect) -> DtrDialect:
    """Return the version that a response is written in, as its coverage shows; else the one that other signs name."""
    if head.names_coverage:
        return DTR_2_2
    return DTR_2_0 if head.coverage else otherwise


def claimed_in(content: Json) -> tuple[str, ...]:
    """Return the profiles that a response claims, as far as they can be read."""
    meta = content.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    return tuple(one for one in profiles if isinstance(one, str)) if isinstance(profiles, list) else ()
