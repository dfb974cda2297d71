"""The services that we offer: one description each, from which discovery is made. A new hook is one line here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fhir_mappings.wording import Wording
from hooks.configuration import OPTIONS
from hooks.dialects import DIALECTS
from hooks.errors import Issue, UnknownServiceError
from hooks.order_sign import OrderSign, Reply
from hooks.prefetch import templates
from policies.catalogue import Catalogue

Json = dict[str, Any]
Answer = Callable[[bytes], Reply]


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its id, its hook, and what answers a call."""

    id: str
    hook: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Services:
    """All services of this installation, by id."""

    offered: tuple[Service, ...]
    say: Wording
    payer: str
    prefetch: dict[str, str]

    def find(self, service_id: str) -> Service:
        """Return a service; raises UnknownServiceError if there is none of that id."""
        found = next((one for one in self.offered if one.id == service_id), None)
        if found is None:
            known = ", ".join(one.id for one in self.offered)
            raise UnknownServiceError([Issue(f"there is no service of that id; there are: {known}")])
        return found

    def discovery(self) -> Json:
        """Return the discovery document (CDS Hooks 2.0, "Discovery"; `davinci-crd.version` from CRD 2.2)."""
        return {"services": [self._described(one) for one in self.offered]}

    def _described(self, service: Service) -> Json:
        return {
            "hook": service.hook,
            "id": service.id,
            "title": self.say("service.title", payer=self.payer),
            "description": self.say("service.description"),
            "usageRequirements": self.say("service.usage"),
            "prefetch": self.prefetch,
            "extension": {
                "davinci-crd.version": list(DIALECTS),
                "davinci-crd.configuration-options": [one.described(self.say) for one in OPTIONS],
            },
        }


def services(order_sign: OrderSign, catalogue: Catalogue) -> Services:
    """Put the services together."""
    offered: Iterable[Service] = (Service("order-sign-crd", order_sign.hook, order_sign.answer),)
    return Services(tuple(offered), order_sign.say, order_sign.payer.name, templates(catalogue))
