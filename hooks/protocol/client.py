"""Who calls, as far as it changes an answer; how a caller is recognised is the web's concern."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import msgspec

from fhir_mappings.r4.references import server as address_of
from hooks.protocol.payer import CardDetail, Delivery

OPEN = "open"
"""The tenant of every call while no client is registered."""


class CardText(Enum):
    """In which form a client shows the detail of a card."""

    MARKDOWN = "markdown"
    PLAIN = "plain"


class GuideDefect(Enum):
    """A defect of a guide by which a validator refuses what the guide itself asks for (`CrdVersion.defects`)."""

    NOT_COVERED = "crd-ci-q2"
    WITH_AUTHORIZATION = "crd-ci-q4"
    VISION_PRESCRIPTION = "vision-prescription"


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller: whose determinations it sees, and what its registration says about the form of answers.

    `fhir_servers` are the only ones that are fetched from for it, and the only ones whose patients it shares with other
    callers; None in open mode. `version` is the CRD version that
    holds where a call names none; `delivery` wins over the payer's default;
    `explain` tells whether answers say how they came about. `dtr` tells whether the client launches DTR for the forms
    that coverage information names; None where nothing is known of it. `smart_client_id` is the id under which it knows
    our form page as a SMART application; empty where it does not. `card_detail` wins over the payer's,
    and so does `language`. `empty_actions`: it wants `systemActions` in every answer, if only an empty list. `avoids`:
    the defects of guides around which it wants its answers written.
    """

    tenant: str = OPEN
    version: str = ""
    delivery: Delivery | None = None
    explain: bool = False
    fhir_servers: tuple[str, ...] | None = None
    card_text: CardText = CardText.MARKDOWN
    dtr: bool | None = None
    smart_client_id: str = ""
    card_detail: CardDetail | None = None
    language: str = ""
    empty_actions: bool = False
    avoids: tuple[GuideDefect, ...] = ()

    def speaks_for(self, server: str) -> bool:
        """Whether a FHIR server is one of this caller's own; in open mode nobody has one, and each speaks for all."""
        if self.fhir_servers is None or not server:
            return True
        return address_of(server) in {address_of(one) for one in self.fhir_servers}


ANYONE = Caller(explain=True)
"""Every caller in open mode."""

SWITCHES = "cds-service.client"
"""The extension by which one call asks for other switches than those of its client's registration."""


class Switches(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a client is answered: what the settings say for open mode, and what one call can ask for.

    None leaves a switch as it is. None of them changes what is determined, or who sees it.
    """

    card_text: CardText | None = None
    card_detail: CardDetail | None = None
    delivery: Delivery | None = None
    dtr: bool | None = None
    empty_actions: bool | None = None
    avoids: tuple[GuideDefect, ...] | None = None

    def of(self, caller: Caller) -> Caller:
        """Return a caller with these switches."""
        given = {name: getattr(self, name) for name in Switches.__struct_fields__}
        return replace(caller, **{name: value for name, value in given.items() if value is not None})


class CallSwitches(Switches, frozen=True, forbid_unknown_fields=True):
    """What one call can ask for: the switches, and `smart_launch`, which is false for a place that lacks our form page.

    Forms come as tasks there, though the client's registration knows the page (`smart_client_id`).
    """

    smart_launch: bool | None = None

    def of(self, caller: Caller) -> Caller:
        """Return a caller with these switches."""
        changed = super().of(caller)
        return replace(changed, smart_client_id="") if self.smart_launch is False else changed


def as_asked(caller: Caller, extension: Mapping[str, Any]) -> Caller:
    """Return a caller with the switches that a call asks for; what is not known, or of no use, is left alone."""
    asked = extension.get(SWITCHES)
    for name, value in asked.items() if isinstance(asked, dict) else ():
        try:
            caller = msgspec.convert({name: value}, CallSwitches).of(caller)
        except msgspec.ValidationError:
            continue
    return caller
