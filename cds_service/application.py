"""The Flask application, made by a factory from what the composition root hands in."""

from importlib.metadata import version
from pathlib import Path

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
from cds_service.prior_auth.letters import Letters
from cds_service.prior_auth.operations import BASE, PriorAuth
from cds_service.review_desk import desk_routes
from cds_service.review_desk.desk_page import DeskPage
from cds_service.review_desk.sign_in_routes import CALLBACK, SignInPages
from cds_service.reviewers.desk_sessions import DeskSessions
from cds_service.reviewers.identity_provider import IdentityProvider
from cds_service.reviewers.provider_checks import ProviderChecks
from cds_service.reviewers.provider_sign_in import ProviderSignIn
from cds_service.reviewers.reviewer_file import Reviewers, read_reviewers
from cds_service.reviewers.sign_in_failures import SignInFailures
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
    token_routes,
)
from cds_service.web.caller import Reception
from fhir_mappings.publication.pas_capabilities import pas_capabilities
from hooks.discovery import Services
from policies.text.policy_view import bounds_in_words

PRIOR_AUTH = "prior_auth"
"""Under which extension of the application its prior authorization is found, by who starts a process."""
"""Whether LHC-Forms is in this installation is told by this file, which the build brings (`web/bring.mjs`)."""


def _bare(longest: int) -> Flask:
    """Return an application that serves nothing yet, and takes bodies of so many bytes."""
    app = Flask("cds_service")
    app.config["MAX_CONTENT_LENGTH"] = longest
    app.jinja_env.filters["in_words"] = bounds_in_words
    app.jinja_env.filters["named_by"] = lambda name, names: names.get(name, name)
    return app


def create_app(container: Container) -> Flask:
    """Return the application; it holds no state of its own."""
    app = _bare(container.settings.max_body_bytes)
    settings, metrics, payer = container.settings, container.metrics, container.order_sign.payer
    reception = Reception(container.door, payer.base_url)
    operations = _operations(container)
    services = _services(container, operations)
    app.register_blueprint(hook_routes.blueprint(services, settings.limits(), reception, container.feedback, metrics))
    app.register_blueprint(pages.blueprint(container.catalogue, payer.name, container.order_sign.say, container.today))
    engine = container.archive.engine if container.archive is not None else None
    verifier = container.gate.verifier
    app.register_blueprint(pages.health_blueprint(Readiness(engine, container.catalogue, verifier)))
    metric_routes.register(app, metrics, frozenset(one.id for one in services.offered), reception)
    _serve_forms(app, container, reception, operations)
    if container.access_tokens is not None and verifier is not None:
        token_routes.register(app, verifier, container.access_tokens, payer.base_url)
    app.register_blueprint(determinations.blueprint(container.archive, reception, container.order_sign.say))
    errors.register(app, payer.name, container.order_sign.say)
    if container.reads is not None:
        read_notes.register(app, container.reads)
    has_viewer = (Path(str(app.static_folder)) / renderer_routes.VIEWER).is_file()
    app.register_blueprint(api_routes.blueprint(api_offer(container), payer.name, has_viewer=has_viewer))
    guards.register(app, settings.threshold(payer.base_url))
    _allow(app, _page_origins(container))
    return app


def api_offer(container: Container) -> Offer:
    """Return what the OpenAPI document says of this very service."""
    known = {
        "service_id": [one.id for one in container.services.offered],
        "policy_id": list(container.catalogue.ids),
    }
    bases = [dialect.base for dialect in DTR_VERSIONS]
    has_clients = container.gate.verifier is not None
    return Offer(container.order_sign.payer.base_url, version("cds-service"), bases, known, has_clients)


def _operations(container: Container) -> Operations:
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
    """Serve forms under both bases; every form is written once, so that one that cannot be written stops the start."""
    shelf, archive, artifacts = container.shelf(), container.archive, container.artifacts
    offer = _offer(container)
    for dialect in DTR_VERSIONS:
        publication = Publication.of(shelf, artifacts, dialect, reception.base_url)
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
    """Serve the reviewer's desk, for the reviewers whom the operator names, or the provider; raises ReviewerError."""
    settings, service = container.settings, container.order_sign
    reviewers = read_reviewers(settings.reviewers_file) if settings.reviewers_file else Reviewers({})
    keys, base_url = FormKeys(archive.engine), service.payer.base_url
    by_provider = IdentityProvider(settings.review_provider) if settings.review_provider.issuer else None
    checks = ProviderChecks(by_provider, keys) if by_provider is not None else None
    sessions = DeskSessions(reviewers, keys, SignInFailures(archive.engine), checks)
    page = DeskPage(sessions, service.say, Frames((), base_url), service.payer.name)
    desk = desk_routes.Desk(
        page=page,
        cases=prior_auth.cases,
        lists=prior_auth.lists,
        shelves=Shelves(archive, service),
        decisions=prior_auth.decisions,
        letters=Letters(archive, container.catalogue, service.payer.name, settings.letters.appeal_rights, service.say),
        now=prior_auth.submission.now,
        director_denies=settings.denials_by_director,
    )
    provider = ProviderSignIn(by_provider, keys, f"{base_url}{CALLBACK}") if by_provider is not None else None
    app.register_blueprint(desk_routes.blueprint(desk, SignInPages(page, provider, bool(settings.reviewers_file))))


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
