"""The Flask application, made by a factory from what the composition root hands in."""

from pathlib import Path

from flask import Flask
from flask_cors import CORS

from cds_service.app.container import Container
from cds_service.dtr.dtr_versions import DTR_VERSIONS
from cds_service.dtr.publication import Publication
from cds_service.form_page import form_routes, launch_routes, plain_routes, renderer_routes
from cds_service.http.threshold import LOOPBACK_ORIGIN
from cds_service.web import (
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
from policies.text.policy_view import bounds_in_words

RENDERER = "lforms/lhc-forms.js"
"""Whether LHC-Forms is in this installation is told by this file, which the build brings (`web/lforms.mjs`)."""


def create_app(container: Container) -> Flask:
    """Return the application; it holds no state of its own."""
    app = Flask("cds_service")
    app.config["MAX_CONTENT_LENGTH"] = container.settings.max_body_bytes
    app.jinja_env.filters["in_words"] = bounds_in_words
    app.register_blueprint(hook_routes.blueprint(container))
    app.register_blueprint(pages.blueprint(container))
    app.register_blueprint(pages.health_blueprint(container))
    metric_routes.register(app, container)
    _serve_forms(app, container)
    if container.access_tokens is not None:
        token_routes.register(app, container, container.access_tokens)
    app.register_blueprint(determinations.blueprint(container))
    errors.register(app)
    if container.reads is not None:
        read_notes.register(app, container.reads)
    guards.register(app, container.settings.threshold(container.order_sign.payer.base_url))
    _allow(app, _page_origins(container))
    return app


def _serve_forms(app: Flask, container: Container) -> None:
    """Serve forms under both bases; every form is written once, so that one that cannot be written stops the start."""
    shelf = container.shelf()
    for dialect in DTR_VERSIONS:
        publication = Publication.of(shelf, container.artifacts, dialect, container.order_sign.payer.base_url)
        app.register_blueprint(capability_routes.blueprint(container, publication, dialect))
        app.register_blueprint(fhir_routes.blueprint(container, publication, dialect))
        app.register_blueprint(dtr_routes.blueprint(container, publication, dialect))
    if container.archive is not None:
        renderer = Path(str(app.static_folder)) / RENDERER
        app.register_blueprint(renderer_routes.blueprint(renderer.parent))
        pages = form_routes.form_pages(container, container.archive, shelf)
        routes = form_routes.blueprint(pages)
        plain_routes.add_routes(routes, plain_routes.PlainPages(pages, renderer.is_file()))
        launch_routes.add_routes(routes, launch_routes.launches(pages))
        app.register_blueprint(routes)


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
