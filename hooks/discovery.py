"""The services that we offer: one a hook, from which discovery is made. A new hook is a description and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from fhir_mappings.wording import Wording
from hooks.definitions.appointment_book import APPOINTMENT_BOOK
from hooks.definitions.encounters import ENCOUNTER_DISCHARGE, ENCOUNTER_START
from hooks.definitions.hook import Hook
from hooks.definitions.order_dispatch import ORDER_DISPATCH
from hooks.definitions.order_select import ORDER_SELECT
from hooks.definitions.order_sign import ORDER_SIGN
from hooks.definitions.prefetch_templates import templates
from hooks.ehr_data.form_answers import TakesForms
from hooks.protocol.client import Caller
from hooks.protocol.configuration import OPTIONS
from hooks.protocol.crd_versions import CRD_VERSIONS
from hooks.protocol.errors import Issue, UnknownServiceError
from hooks.response.service import Answering
from hooks.response.usage_figures import Reply
from policies.catalogue import Catalogue

Json = dict[str, Any]
Answer = Callable[[bytes, Caller], Reply]

HOOKS = (ORDER_SIGN, ORDER_SELECT, ORDER_DISPATCH, APPOINTMENT_BOOK, ENCOUNTER_START, ENCOUNTER_DISCHARGE)
"""The hooks that we answer, in the order of discovery."""

_CDS_HOOKS = "2.0.1"
"""The version of CDS Hooks that our services are written to."""


class _Named(msgspec.Struct, frozen=True):
    """A call, as far as its hook goes."""

    hook: Any = None


@dataclass(frozen=True, slots=True)
class Service:
    """One service: what answers a call of its hook."""

    answering: Answering

    @property
    def hook(self) -> Hook:
        """Return the hook."""
        return self.answering.hook

    @property
    def answer(self) -> Answer:
        """Return what answers a call."""
        return self.answering.answer

    @property
    def answer_without_store(self) -> Answer:
        """Return what answers a call where nothing can be noted or kept."""
        return self.answering.without_store().answer

    @property
    def id(self) -> str:
        """Return the id by which the service is called."""
        return self.hook.service_id


@dataclass(frozen=True, slots=True)
class Services:
    """All services of this installation, by id."""

    offered: tuple[Service, ...]
    say: Wording
    payer: str
    prefetch: Mapping[str, str]

    def taking(self, take_form: TakesForms) -> "Services":
        """Return the same services, with what takes the answered forms that they find."""
        made = (replace(one.answering, take_form=take_form) for one in self.offered)
        return replace(self, offered=tuple(Service(one) for one in made))

    def find(self, service_id: str) -> Service:
        """Return a service; raises UnknownServiceError if there is none of that id."""
        found = next((one for one in self.offered if one.id == service_id), None)
        if found is None:
            known = ", ".join(one.id for one in self.offered)
            raise UnknownServiceError([Issue(f"there is no service of that id; there are: {known}")])
        return found

    def discovery(self, *, expressions: bool = False) -> Json:
        """Return the discovery document: CDS Hooks 2.0, "Discovery".

        With `expressions` the prefetch is in those of CDS Hooks 3.0 too, as CRD 2.2.1 uses them (found-29): only a
        client that is known to read them gets them, since others may leave a service out that has them.

        `version` is from CDS Hooks 3.0, `davinci-crd.version` from CRD 2.2; who does not know them passes them over.
        `hookVersion` is left out: the model of 3.0.0-ballot has none, and order-dispatch is answered in two versions.
        """
        return {"services": [self._described(one, expressions=expressions) for one in self.offered]}

    def _described(self, service: Service, *, expressions: bool) -> Json:
        return {
            "hook": service.hook.name,
            "id": service.id,
            "title": self.say("service.title", payer=self.payer),
            "description": self.say(f"service.description.{service.hook.name}"),
            "version": _CDS_HOOKS,
            "usageRequirements": self.say("service.usage"),
            "prefetch": service.hook.templates(self.prefetch, expressions=expressions),
            "extension": {
                "davinci-crd.version": list(CRD_VERSIONS),
                "davinci-crd.configuration-options": [one.described(self.say) for one in OPTIONS],
            },
        }


def services(answering: Answering, catalogue: Catalogue, *, clinical: bool = True, claims: bool = False) -> Services:
    """Put the services together: the same answering for every hook.

    `clinical` says whether clients are asked for clinical data in the prefetch, `claims` whether for claims as well.
    """
    made = (replace(answering, hook=hook) for hook in HOOKS)
    offered = tuple(Service(one) for one in made)
    asked = templates(catalogue, clinical=clinical, claims=claims, base=answering.payer.base_url)
    return Services(offered, answering.say, answering.payer.name, asked)


def for_call(answering: Answering, body: bytes) -> Answering:
    """Return the answering for the hook that a call names; unchanged where it names none that we know."""
    try:
        named = msgspec.json.decode(body, type=_Named).hook
    except msgspec.DecodeError:
        return answering
    return next((replace(answering, hook=hook) for hook in HOOKS if hook.name == named), answering)
