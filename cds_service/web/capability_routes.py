"""`GET [base]/metadata`: the capability statement of a base, made from what is really served. It needs no token."""

from importlib.metadata import version

from flask import Blueprint, Response

from cds_service.app.container import Container
from cds_service.dtr.dtr_versions import DtrDialect
from cds_service.dtr.publication import FORMS, OPERATIONS, Publication
from cds_service.web.errors import fhir_reply
from cds_service.web.fhir_base import base_blueprint
from fhir_mappings.publication.capability_statement import BaseFacts, Served, capabilities
from fhir_mappings.questionnaires.adaptive_questionnaire import ADAPTIVE_FORM
from fhir_mappings.questionnaires.questionnaire import STANDARD_FORM

_READ = ("read", "search-type")


def blueprint(container: Container, publication: Publication, dialect: DtrDialect) -> Blueprint:
    """Return the route."""
    routes = base_blueprint(f"capabilities-{dialect.version.replace('.', '-')}", __name__, dialect.base)
    stated = capabilities(_facts(container, dialect), _served(container, publication))

    @routes.get("/metadata")
    def metadata() -> Response:
        return fhir_reply(stated)

    return routes


def _facts(container: Container, dialect: DtrDialect) -> BaseFacts:
    payer = container.order_sign.payer
    return BaseFacts(
        url=f"{payer.base_url}{dialect.base}",
        dtr=dialect.version,
        payer=payer.name,
        release=version("cds-service"),
        day=container.today(),
        root_operations=dialect.root_operations,
        token_url="" if container.gate.is_open else f"{payer.base_url}/oauth/token",
        origins=bool(container.settings.page_origins) or container.gate.is_open,
    )


def _served(container: Container, publication: Publication) -> tuple[Served, ...]:
    published = tuple(Served(kind, _READ, OPERATIONS.get(kind, ()), _profiles(kind)) for kind in publication.kinds)
    answered = (Served("QuestionnaireResponse", ("create", "read")),) if container.archive is not None else ()
    return published + answered


def _profiles(kind: str) -> tuple[str, ...]:
    return (STANDARD_FORM, ADAPTIVE_FORM) if kind == FORMS else ()
