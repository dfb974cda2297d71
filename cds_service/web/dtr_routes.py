"""The operations of DTR's payer side, under `/fhir` (2.2.0) and `/fhir/dtr/2.0.1`: one content, two versions.

Source: DTR 2.2.0 and 2.0.1, "Questionnaire Package Operation". The type-level address is the standard's; the other two
are what clients in the field call.
"""

from flask import Blueprint, Response, request

from cds_service.composition import Container
from cds_service.dtr.answering import AnsweredForms
from cds_service.dtr.dialects import DtrDialect
from cds_service.dtr.faults import DtrError, DtrIssue
from cds_service.dtr.inputs import read_package_input
from cds_service.dtr.packaging import Packaging
from cds_service.storage.register import SqlRegister
from cds_service.web.errors import reply
from cds_service.web.visits import visit
from fhir_mappings.forms.bundles import JSON
from fhir_mappings.forms.form import by_canonical
from fhir_mappings.forms.published import Shelf
from hooks.errors import Issue, outcome

_JSON_TYPES = frozenset({"application/json", "application/fhir+json", "text/json", ""})


def blueprint(container: Container, shelf: Shelf, dialect: DtrDialect) -> Blueprint:
    """Return the routes of one base."""
    routes = Blueprint(f"dtr-{dialect.version.replace('.', '-')}", __name__, url_prefix=dialect.base)
    packaging, answered = Packaging(container, shelf), _answered_forms(container, shelf)
    base_url = container.order_sign.payer.base_url

    @routes.post("/Questionnaire/$questionnaire-package")
    @routes.post("/Questionnaire/<_form_id>/$questionnaire-package")
    @routes.post("/$questionnaire-package")
    def package(_form_id: str = "") -> Response:
        body = request.get_data(cache=False)
        reader = container.gate.reader(visit(base_url, body))
        _check_type()
        return fhir(packaging.answer(read_package_input(body), dialect, reader.tenant))

    @routes.post("/QuestionnaireResponse")
    def take() -> Response:
        body = request.get_data(cache=False)
        reader = container.gate.reader(visit(base_url, body))
        _check_type()
        if answered is None:
            raise DtrError(503, "transient", "there is no store here that could keep an answer")
        accepted = answered.take(body, reader.tenant)
        answer = fhir(accepted.resource, 201 if accepted.is_new else 200)
        answer.headers["Location"] = f"{base_url}{dialect.base}/QuestionnaireResponse/{accepted.id}"
        return answer

    @routes.get("/QuestionnaireResponse/<name>")
    def read(name: str) -> Response:
        reader = container.gate.reader(visit(base_url))
        found = container.archive.response(name, reader.tenant) if container.archive is not None else None
        if found is None:
            raise DtrError(404, "not-found", "there is no answered form of this id")
        return fhir(found)

    @routes.errorhandler(DtrError)
    def refused(error: DtrError) -> Response:
        return fhir(outcome(error.code, [_issue(one) for one in error.issues]), error.status)

    return routes


def _answered_forms(container: Container, shelf: Shelf) -> AnsweredForms | None:
    if container.archive is None:
        return None
    forms = by_canonical(one.form for one in shelf.all)
    return AnsweredForms(container, container.archive, SqlRegister(container.archive.engine), forms)


def _check_type() -> None:
    if request.mimetype not in _JSON_TYPES:
        raise DtrError(415, "not-supported", "send application/fhir+json")


def _issue(one: DtrIssue) -> Issue:
    place = f"QuestionnaireResponse.descendants().where(linkId='{one.link_id}')" if one.link_id else ""
    return Issue(f"{one.link_id}: {one.text}" if one.link_id else one.text, place)


def fhir(content: object, status: int = 200) -> Response:
    """Return a FHIR resource."""
    answer = reply(content, status)
    answer.content_type = JSON
    return answer
