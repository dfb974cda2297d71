"""`GET [base]/metadata`: the capability statement of a base, made from what is really served. It needs no token."""

from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

from flask import Blueprint, Response

from cds_service.dtr.dtr_versions import DtrDialect
from cds_service.dtr.publication import FORMS, OPERATIONS, Publication
from cds_service.web.errors import fhir_reply
from cds_service.web.fhir_base import base_blueprint
from fhir_mappings.publication.capability_statement import BaseFacts, Served, capabilities
from fhir_mappings.questionnaires.adaptive_questionnaire import ADAPTIVE_FORM
from fhir_mappings.questionnaires.questionnaire import STANDARD_FORM
from hooks.protocol.payer import Payer

_READ = ("read", "search-type")


@dataclass(frozen=True, slots=True)
class Offer:
    """What is stated of every base: whose it is and since when, whether tokens are asked for and answers taken.

    `origins`: pages of some origins may call.
    """

    payer: Payer
    day: date
    is_open: bool
    origins: bool
    takes_answers: bool


def blueprint(offer: Offer, publication: Publication, dialect: DtrDialect) -> Blueprint:
    """Return the route."""
    routes = base_blueprint(f"capabilities-{dialect.version.replace('.', '-')}", __name__, dialect.base)
    stated = capabilities(facts(offer, dialect.base, dialect), _served(offer, publication))

    @routes.get("/metadata", strict_slashes=False)
    def metadata() -> Response:
        return fhir_reply(stated)

    return routes


def facts(offer: Offer, base: str, dialect: DtrDialect | None = None) -> BaseFacts:
    """Return what is stated of the base at a path; of one of DTR also its version."""
    base_url = offer.payer.base_url
    return BaseFacts(
        url=f"{base_url}{base}",
        dtr=dialect.version if dialect is not None else "",
        payer=offer.payer.name,
        release=version("cds-service"),
        day=offer.day,
        root_operations=dialect is not None and dialect.root_operations,
        token_url="" if offer.is_open else f"{base_url}/oauth/token",
        origins=offer.origins,
    )


def _served(offer: Offer, publication: Publication) -> tuple[Served, ...]:
    published = tuple(Served(kind, _READ, OPERATIONS.get(kind, ()), _profiles(kind)) for kind in publication.kinds)
    answered = (Served("QuestionnaireResponse", ("create", "read")),) if offer.takes_answers else ()
    return published + answered


def _profiles(kind: str) -> tuple[str, ...]:
    return (STANDARD_FORM, ADAPTIVE_FORM) if kind == FORMS else ()
