"""The Flask application, made by a factory from what the composition root hands in."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flask import Flask
from flask_cors import CORS

from cds_service.app.container import Container
from cds_service.app.readiness import Readiness
from cds_service.dtr.answer_check import Intake
from cds_service.dtr.answered_form import AnsweredForms, FoundForms
from cds_service.dtr.dtr_versions import DTR_VERSIONS
from cds_service.dtr.publication import Publication
from cds_service.form_packages.operations import Operations
from cds_service.form_page import form_routes, launch_routes, plain_routes, renderer_routes, try_routes
from cds_service.form_page.form_headers import Frames
from cds_service.forms.details import Shelves
from cds_service.forms.form_case import Cases
from cds_service.forms.link_access import Doors
from cds_service.forms.trial_policies import TrialPolicies
from cds_service.http.threshold import LOOPBACK_ORIGIN
from cds_service.openapi.document import Offer
from cds_service.pas_base import pas_routes
from cds_service.prior_auth.operations import BASE, PriorAuth
from cds_service.storage.archive import Archive
from cds_service.storage.form_keys import FormKeys
from cds_service.web import (
    api_routes,
    capability_routes,
    determinations,
    dtr_routes,
    errors,
    fhir_routes,
    guards,
    hook_routes,
    metric_routes,
    pages,
    read_notes,
)
from cds_service.web.caller import Reception
from fhir_mappings.publication.pas_capabilities import pas_capabilities
from hooks.card_parts.card_builder import undirected
from hooks.discovery import Services
from policies.catalogue import uncollected
from policies.text.policy_view import bounds_in_words

PRIOR_AUTH = "prior_auth"
"""Under which extension of the application its prior authorization is found, by who starts a process."""


class _Application(Flask):
    """An application whose views are all plain functions: Flask asks anew at each request whether they are."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a view as it is."""
        return func


def _bare(longest: int) -> Flask:
    """Return an application that serves nothing yet, and takes bodies of so many bytes."""
    app = _Application("cds_service")
    app.config["MAX_CONTENT_LENGTH"] = longest
    app.jinja_env.filters["in_words"] = bounds_in_words
    app.jinja_env.filters["named_by"] = lambda name, names: names.get(name, name)
    app.jinja_env.finalize = _undirected
    return app


def _undirected(value: Any) -> Any:
    """Return what a page shows; of a text no mark that turns the direction of what follows, or that nobody sees.

    A name or a word of a chart could have a page or a letter read otherwise than it is.
    """
    return type(value)(undirected(value)) if isinstance(value, str) else value


def create_app(container: Container) -> Flask:
    """Return the application; it holds no state of its own."""
    with uncollected():
        return _application(container)


def _application(container: Container) -> Flask:
    app = _bare(container.settings.max_body_bytes)
    settings, metrics, payer = container.settings, container.metrics, container.order_sign.payer
    reception = Reception(container.door, payer.base_url)
    operations = operations_of(container)
    services = _services(container, operations)
    app.register_blueprint(hook_routes.blueprint(services, settings.limits(), reception, container.feedback, metrics))
    app.register_blueprint(pages.blueprint(container.catalogue, payer.name, container.order_sign.say, container.today))
    engine = container.archive.engine if container.archive is not None else None
    verifier = container.gate.verifier
    app.register_blueprint(pages.health_blueprint(Readiness(engine, container.catalogue, verifier)))
    metric_routes.register(app, metrics, frozenset(one.id for one in services.offered), reception)
    _serve_forms(app, container, reception, operations)
    _serve_tokens(app, container)
    app.register_blueprint(determinations.blueprint(container.archive, reception, container.order_sign.say))
    errors.register(app, payer.name, container.order_sign.say)
    if container.reads is not None:
        read_notes.register(app, container.reads)
    has_viewer = (Path(str(app.static_folder)) / renderer_routes.VIEWER).is_file()
    app.register_blueprint(api_routes.blueprint(api_offer(container), payer.name, has_viewer=has_viewer))
    guards.register(app, settings.threshold(payer.base_url))
    _allow(app, _page_origins(container))
    return app


def _serve_tokens(app: Flask, container: Container) -> None:
    """Give access tokens to registered clients; an open service needs no library for OAuth, which takes a while."""
    if container.access_tokens is None or container.gate.verifier is None:
        return
    from cds_service.web import token_routes  # noqa: PLC0415

    token_routes.register(app, container.gate.verifier, container.access_tokens, container.order_sign.payer.base_url)


def api_offer(container: Container) -> Offer:
    """Return what the OpenAPI document says of this very service."""
    known = {
        "service_id": [one.id for one in container.services.offered],
        "policy_id": list(container.catalogue.ids),
    }
    bases = [dialect.base for dialect in DTR_VERSIONS]
    has_clients = container.gate.verifier is not None
    return Offer(container.order_sign.payer.base_url, version("cds-service"), bases, known, has_clients)


def operations_of(container: Container) -> Operations:
    """Return what DTR offers over the forms of a service."""
    settings, archive = container.settings, container.archive
    intake = Intake(settings.max_depth, settings.clock_leeway_seconds, container.today)
    shelf, artifacts = container.shelf(), container.artifacts
    return Operations.of(container.order_sign, intake, shelf, artifacts, archive, settings.own_servers)


def _services(container: Container, operations: Operations) -> Services:
    """Return the services, which take the answered forms that they find where there is a store that keeps them."""
    if operations.answered is None:
        return container.services
    return container.services.taking(FoundForms(operations.answered))


def _serve_forms(app: Flask, container: Container, reception: Reception, operations: Operations) -> None:
    """Serve forms under both bases; one that cannot be written stops the start.

    Each is written at once therefore, unless that was done when the policies were compiled.
    """
    shelf, archive, artifacts = container.shelf(), container.archive, container.artifacts
    offer = _offer(container)
    for dialect in DTR_VERSIONS:
        publication = Publication.of(shelf, artifacts, dialect, reception.base_url)
        if not container.forms_are_proven:
            publication.write_all()
        app.register_blueprint(capability_routes.blueprint(offer, publication, dialect))
        app.register_blueprint(fhir_routes.blueprint(reception, publication, dialect, container.today))
        routes = dtr_routes.blueprint(reception, operations, publication, dialect, container.form_errors)
        app.register_blueprint(routes)
    if archive is not None and operations.answered is not None:
        cases = Cases(archive, operations.packaging, operations.belonging.forms)
        _serve_page(app, container, reception, cases, operations.answered)
        _serve_prior_auth(app, container, reception, operations.answered)


def _serve_prior_auth(app: Flask, container: Container, reception: Reception, answered: AnsweredForms) -> None:
    """Serve the base of PAS; without a store there is none."""
    settings, archive, service = container.settings, container.archive, container.order_sign
    if archive is None:
        return
    denials = settings.pas_administrative_denials
    endpoints = settings.notification_endpoints
    prior_auth = PriorAuth.of(
        service, answered, archive, settings.own_servers, endpoints, administrative_denials=denials
    )
    app.extensions[PRIOR_AUTH] = prior_auth
    stated = pas_capabilities(capability_routes.facts(_offer(container), BASE))
    app.register_blueprint(pas_routes.blueprint(reception, prior_auth, stated))
    if settings.reviewers_file or settings.review_provider.issuer:
        _serve_desk(app, container, prior_auth, archive)


def _serve_desk(app: Flask, container: Container, prior_auth: PriorAuth, archive: Archive) -> None:
    """Serve the reviewer's desk, for the reviewers whom the operator names, or the provider; raises ReviewerError.

    It is loaded where there is one: what signs people in by OpenID takes a while.
    """
    from cds_service.review_desk import desk_setup  # noqa: PLC0415

    desk = desk_setup.blueprint(container.settings, container.order_sign, archive, prior_auth)
    app.register_blueprint(desk)


def _offer(container: Container) -> capability_routes.Offer:
    is_open, origins = container.gate.is_open, bool(container.settings.page_origins)
    return capability_routes.Offer(
        payer=container.order_sign.payer,
        day=container.today(),
        is_open=is_open,
        origins=origins or is_open,
        takes_answers=container.archive is not None,
    )


def _serve_page(app: Flask, container: Container, reception: Reception, cases: Cases, answered: AnsweredForms) -> None:
    """Serve the page on which a form is answered, by the script where it is there."""
    settings, payer, say = container.settings, container.order_sign.payer, container.order_sign.say
    has_renderer = (Path(str(app.static_folder)) / renderer_routes.RENDERER).is_file()
    doors = Doors(container.gate, FormKeys(cases.archive.engine), cases.archive)
    frames = Frames(settings.form_frame_origins, payer.base_url)
    shelves = Shelves(cases.archive, container.order_sign)
    pages = form_routes.FormPages(reception, payer, say, doors, cases, shelves, answered, frames)
    routes = form_routes.blueprint(pages)
    plain_routes.add_routes(routes, plain_routes.PlainPages(pages, has_renderer))
    launch_routes.add_routes(routes, launch_routes.launches(pages, settings.form_link_minutes))
    app.register_blueprint(renderer_routes.blueprint(Path(str(app.static_folder))))
    app.register_blueprint(try_routes.blueprint(try_routes.TryPage(_on_trial(container), reception, frames)))
    app.register_blueprint(routes)


def _on_trial(container: Container) -> TrialPolicies:
    """Return what a call can be tried by: the policies of the service, and the drafts that the operator names."""
    folder = container.settings.draft_policies_folder
    return TrialPolicies(container.order_sign, Path(folder) if folder else None)


def _page_origins(container: Container) -> list[str]:
    """Return the origins whose pages may call, the last as a pattern: in open mode all that are of this machine."""
    named = sorted(container.settings.page_origins)
    return [*named, LOOPBACK_ORIGIN] if container.gate.is_open else named


def _allow(app: Flask, origins: list[str]) -> None:
    """Let pages of these origins call the services and the forms from a browser; no cookie is ever taken along."""
    if not origins:
        return
    shared = {
        "origins": origins,
        "methods": ["GET", "POST"],
        "allow_headers": ["Authorization", "Content-Type"],
        "expose_headers": ["Location", "WWW-Authenticate"],
        "max_age": 600,
    }
    CORS(app, resources={r"/cds-services.*": shared, r"/fhir.*": shared, r"/oauth/.*": shared})
