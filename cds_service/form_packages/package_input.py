"""The input of `$questionnaire-package`, in the shapes of all versions.

Source: DTR 2.0.1 and 2.2.0, dtr-qpackage-input-parameters. Unknown parameters are left alone, and whatever is optional
may be missing (DTR 2.2.0, conf-12).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec

from cds_service.dtr.errors import DtrError, Fault
from cds_service.dtr.parameters import Parameters, read_parameters
from fhir_mappings.chart.site_codes import NO_SITE_CODES, SiteCodes
from fhir_mappings.coverage.coverage_information import EXTENSION
from fhir_mappings.orders.orders import Order
from fhir_mappings.r4.resources import Resource

_RESOURCE = msgspec.json.Decoder(Resource)


class _Parameter(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    resource: msgspec.Raw = msgspec.Raw()
    value_canonical: str = ""
    value_uri: str = ""
    value_url: str = ""
    value_string: str = ""
    value_instant: str = ""
    value_date_time: str = ""

    @property
    def text(self) -> str:
        """Return the value, whichever type the sender chose for it."""
        return self.value_canonical or self.value_uri or self.value_url or self.value_string


@dataclass(frozen=True, slots=True)
class PackageInput:
    """What is asked for: by the names of forms, by orders, by the id of a determination, or by several of them.

    `referenced` are the texts of what orders refer to. `site_codes` are those of the client, by which both are read.
    """

    coverages: tuple[Resource, ...]
    orders: tuple[Order, ...]
    referenced: tuple[msgspec.Raw, ...]
    canonicals: tuple[str, ...]
    context: str
    changed_since: date | None
    profiles: tuple[str, ...]
    site_codes: SiteCodes = NO_SITE_CODES

    def of_site(self, site_codes: SiteCodes) -> "PackageInput":
        """Return it as it is read with the codes that a client's own mean."""
        if not site_codes.known:
            return self
        return replace(self, orders=tuple(one.of_site(site_codes) for one in self.orders), site_codes=site_codes)


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    url: str = ""
    value_string: str = ""


class _Told(msgspec.Struct, frozen=True):
    url: str = ""
    extension: tuple[_Part, ...] = ()


class _Bearing(msgspec.Struct, frozen=True):
    extension: tuple[_Told, ...] = ()


def assertion_ids(order: Order) -> tuple[str, ...]:
    """Return the assertion ids of the coverage information that an order bears, the newest last; none if unreadable."""
    try:
        borne = msgspec.json.decode(order.raw, type=_Bearing).extension
    except msgspec.ValidationError:
        return ()
    parts = (part for one in borne if one.url == EXTENSION for part in one.extension)
    return tuple(part.value_string for part in parts if part.url == "coverage-assertion-id" and part.value_string)


def read_package_input(body: bytes, max_depth: int) -> PackageInput:
    """Read the body of a call; raises DtrError."""
    read = read_parameters(body, max_depth, Parameters[_Parameter])
    found = _Found(read.parameter)
    if not (found.named("order") or found.texts("questionnaire") or found.texts("context")):
        raise DtrError(Fault.NOTHING_ASKED, "name an order, a questionnaire or a context (dtr-1)")
    return PackageInput(
        coverages=tuple(resource for resource, _ in found.resources("coverage", {"Coverage"})),
        orders=tuple(Order(resource, raw) for resource, raw in found.resources("order")),
        referenced=tuple(raw for _, raw in found.resources("referenced")),
        canonicals=tuple(dict.fromkeys(found.texts("questionnaire"))),
        context=next(iter(found.texts("context")), ""),
        changed_since=found.day("changedsince"),
        profiles=read.meta.profile,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """The parameters of a call, by name."""

    parameters: tuple[_Parameter, ...]

    def named(self, name: str) -> list[_Parameter]:
        return [one for one in self.parameters if one.name == name]

    def texts(self, name: str) -> list[str]:
        return [one.text for one in self.named(name) if one.text]

    def resources(self, name: str, types: Iterable[str] = ()) -> list[tuple[Resource, msgspec.Raw]]:
        """Return the resources of a parameter, decoded and as they came; raises DtrError for one that is none."""
        found: list[tuple[Resource, msgspec.Raw]] = []
        for one in self.named(name):
            try:
                resource = _RESOURCE.decode(one.resource)
            except msgspec.DecodeError as error:
                raise DtrError(Fault.INVALID, f"parameter {name} holds no resource that can be read: {error}") from None
            if types and resource.resource_type not in types:
                raise DtrError(Fault.INVALID, f"parameter {name} holds no {' or '.join(types)}")
            found.append((resource, one.resource))
        return found

    def day(self, name: str) -> date | None:
        """Return the day of an instant; raises DtrError if it is none."""
        text = next((one.value_instant or one.value_date_time for one in self.named(name)), None)
        if text is None:
            return None
        try:
            return datetime.fromisoformat(text).date()
        except ValueError:
            raise DtrError(Fault.VALUE, f"parameter {name} is no instant") from None
