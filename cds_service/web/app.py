"""The Flask application, made by a factory from what the composition root hands in."""

from flask import Flask
from flask_cors import CORS

from cds_service.composition import Container
from cds_service.policy_view import bounds_in_words
from cds_service.web import determinations, errors, fhir_routes, hook_routes, pages


def create_app(container: Container) -> Flask:
    """Return the application; it holds no state of its own."""
    app = Flask("cds_service")
    app.config["MAX_CONTENT_LENGTH"] = container.settings.max_body_bytes
    app.jinja_env.filters["in_words"] = bounds_in_words
    app.register_blueprint(hook_routes.blueprint(container))
    app.register_blueprint(pages.blueprint(container))
    app.register_blueprint(pages.health_blueprint(container))
    app.register_blueprint(fhir_routes.blueprint(container))
    app.register_blueprint(determinations.blueprint(container))
    errors.register(app)
    if container.settings.cors_origins:
        _allow(app, container.settings.cors_origins)
    return app


def _allow(app: Flask, origins: tuple[str, ...]) -> None:
    """Let pages of these origins call the services and the forms from a browser; no cookie is ever taken along."""
    shared = {
        "origins": list(origins),
        "methods": ["GET", "POST"],
        "allow_headers": ["Authorization", "Content-Type"],
        "expose_headers": ["Location", "WWW-Authenticate"],
        "max_age": 600,
    }
    CORS(app, resources={r"/cds-services.*": shared, r"/fhir.*": shared})
