"""The composition root: everything is made here, once, and handed to who needs it."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cds_service.settings import Settings, load, pinned_today
from fhir_mappings.gathering import wanted_codings
from fhir_mappings.judging import Judge
from fhir_mappings.wording import wording
from hooks.assertion_ids import AssertionIds
from hooks.order_sign import OrderSign
from hooks.services import Services, services
from policies import catalogue
from policies.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Container:
    """What the application and the command line work with."""

    settings: Settings
    catalogue: Catalogue
    order_sign: OrderSign
    services: Services
    today: Callable[[], date]


def compose(settings: Settings, policies: Catalogue, pinned: date | None = None) -> Container:
    """Put everything together; `pinned` is the day of every decision, else the clock is asked at each call."""
    today = date.today if pinned is None else lambda: pinned
    order_sign = OrderSign(
        judge=Judge(policies, wording()),
        payer=settings.as_payer(),
        limits=settings.limits(),
        ids=AssertionIds(secrets.token_bytes(32)),
        today=today,
        observation_codes=wanted_codings(policies.all, policies.terminology),
    )
    return Container(settings, policies, order_sign, services(order_sign, policies), today)


def from_environment(environment: Mapping[str, str], folder: Path) -> Container:
    """Compose from the settings of a folder and the environment; raises SettingsError or PolicyError."""
    return compose(load(environment, folder), catalogue.load(), pinned_today(environment))
