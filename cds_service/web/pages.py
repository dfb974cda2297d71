"""Pages that people read: the policies, and whether the service lives. The policy pages come from the policy files."""

from collections.abc import Callable
from datetime import date
from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from cds_service.app.readiness import Readiness, is_ready
from cds_service.http.language import spoken
from cds_service.pictures.policy_words import PolicyWords
from cds_service.web.errors import reply
from fhir_mappings.wording import Wording
from policies.catalogue import Catalogue
from policies.choice import Versions
from policies.files.problems import UnknownVersionError
from policies.model.dates import CallDay, OrderDate
from policies.model.policy import Policy
from policies.text.policy_text import doses_of
from policies.text.policy_view import policy_json, policy_summary, request_views


def blueprint(catalogue: Catalogue, payer: str, own: Wording, today: Callable[[], CallDay]) -> Blueprint:
    """Return the routes; `payer` is the name of the payer, `own` are the sentences of the service's own language."""
    routes = Blueprint("pages", __name__)
    routes.add_url_rule("/", "home", lambda: redirect("/policies"))

    @routes.get("/policies")
    def policies() -> AnyResponse:
        shown = [_in_force(catalogue.versions(name), today()) for name in catalogue.ids]
        if _wants_json():
            return reply({"policies": [policy_summary(one) for one in shown]})
        return _spoken(page("policies.html", policies=shown, payer=payer, say=spoken(own).dated))

    @routes.get("/policies/<policy_id>")
    def policy(policy_id: str) -> AnyResponse:
        try:
            versions = catalogue.versions(policy_id)
        except UnknownVersionError:
            raise NotFound from None
        shown = _chosen(versions, request.args.get("version", ""), today())
        if _wants_json():
            return reply(policy_json(shown))
        return _spoken(_policy_page(payer, shown, versions, spoken(own).dated))

    return routes


def _policy_page(payer: str, shown: Policy, versions: Versions, say: Wording) -> Response:
    return page(
        "policy.html",
        payer=payer,
        policy=shown,
        versions=versions.dates,
        requests=request_views(shown),
        doses=list(doses_of(shown)),
        say=say,
        words=PolicyWords(say),
    )


def _spoken(page: Response) -> Response:
    """Return a page of which a cache must know that it is in the reader's language."""
    page.vary.add("Accept-Language")
    return page


def health_blueprint(readiness: Readiness) -> Blueprint:
    """Return the routes that say whether the service lives, and whether it can do its work."""
    routes = Blueprint("health", __name__)
    policies = len(readiness.policies.all)

    @routes.get("/health/live")
    def live() -> Response:
        return reply({"status": "up", "policies": policies})

    @routes.get("/health/ready")
    def ready() -> Response:
        checks = readiness.checks()
        is_up = is_ready(checks.values())
        shown = {"status": "up" if is_up else "down", "policies": policies, "checks": checks}
        return reply(shown, HTTPStatus.OK if is_up else HTTPStatus.SERVICE_UNAVAILABLE)

    return routes


def page(template: str, **figures: object) -> Response:
    """Return a page for people, which loads nothing but its own style."""
    page = Response(render_template(template, **figures), content_type="text/html; charset=utf-8")
    page.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src data:"
    page.headers["X-Content-Type-Options"] = "nosniff"
    return page


def _wants_json() -> bool:
    kinds = ["text/html", "application/json"]
    return request.accept_mimetypes.best_match(kinds, default="text/html") == "application/json"


def _in_force(versions: Versions, today: date) -> Policy:
    """Return the version in force; before the first one, that one, so that it can be read in advance."""
    return versions.on(OrderDate(today)) or versions.policies[0]


def _chosen(versions: Versions, asked: str, today: date) -> Policy:
    if not asked:
        return _in_force(versions, today)
    found = next((one for one in versions.policies if one.version.isoformat() == asked), None)
    if found is None:
        raise NotFound
    return found
