"""The operations of DTR's payer side, under `/fhir` (2.2.0) and `/fhir/dtr/2.0.1`: one content, two versions.

Source: DTR 2.2.0 and 2.0.1, "Questionnaire Package Operation". The type-level address is the standard's; the other two
are what clients in the field call.
"""

from dataclasses import dataclass

from flask import Blueprint, Response, request

from cds_service.clients.gate import Reader
from cds_service.composition import Container
from cds_service.dtr.answering import AnsweredForms
from cds_service.dtr.dialects import DtrDialect
from cds_service.dtr.faults import DtrError, DtrIssue
from cds_service.dtr.inputs import read_package_input
from cds_service.dtr.packaging import Packaging
from cds_service.storage.register import SqlRegister
from cds_service.web.errors import fhir_reply
from cds_service.web.visits import visit
from fhir_mappings.forms.form import by_canonical
from fhir_mappings.forms.published import Shelf
from hooks.errors import Issue, outcome

_JSON_TYPES = frozenset({"application/json", "application/fhir+json", "text/json", ""})
_PACKAGE = (
    "/Questionnaire/$questionnaire-package",
    "/Questionnaire/<_form_id>/$questionnaire-package",
    "/$questionnaire-package",
)


@dataclass(frozen=True, slots=True)
class _Operations:
    """The operations of one base."""

    container: Container
    dialect: DtrDialect
    packaging: Packaging
    answered: AnsweredForms | None

    def package(self, _form_id: str = "") -> Response:
        """Answer with the forms that are asked for; a form's own address names nothing that the body does not."""
        body, reader = self._came()
        return fhir_reply(self.packaging.answer(read_package_input(body), self.dialect, reader.tenant))

    def take(self) -> Response:
        """Take an answered form."""
        body, reader = self._came()
        if self.answered is None:
            raise DtrError(503, "transient", "there is no store here that could keep an answer")
        accepted = self.answered.take(body, reader.tenant)
        answer = fhir_reply(accepted.resource, 201 if accepted.is_new else 200)
        answer.headers["Location"] = f"{self._url}{self.dialect.base}/QuestionnaireResponse/{accepted.id}"
        return answer

    def read(self, name: str) -> Response:
        """Answer with a form that was answered."""
        reader, archive = self.container.gate.reader(visit(self._url)), self.container.archive
        found = archive.response(name, reader.tenant) if archive is not None else None
        if found is None:
            raise DtrError(404, "not-found", "there is no answered form of this id")
        return fhir_reply(found)

    @property
    def _url(self) -> str:
        return self.container.order_sign.payer.base_url

    def _came(self) -> tuple[bytes, Reader]:
        """Return the body of a call and who sends it; raises UnauthorizedError, or DtrError for a wrong type."""
        body = request.get_data(cache=False)
        reader = self.container.gate.reader(visit(self._url, body))
        if request.mimetype not in _JSON_TYPES:
            raise DtrError(415, "not-supported", "send application/fhir+json")
        return body, reader


def blueprint(container: Container, shelf: Shelf, dialect: DtrDialect) -> Blueprint:
    """Return the routes of one base."""
    routes = Blueprint(f"dtr-{dialect.version.replace('.', '-')}", __name__, url_prefix=dialect.base)
    served = _Operations(container, dialect, Packaging(container, shelf), _answered_forms(container, shelf))
    for path in _PACKAGE:
        routes.add_url_rule(path, "package", served.package, methods=["POST"])
    routes.add_url_rule("/QuestionnaireResponse", "take", served.take, methods=["POST"])
    routes.add_url_rule("/QuestionnaireResponse/<name>", "read", served.read)
    routes.register_error_handler(DtrError, refused)
    return routes


def refused(error: DtrError) -> Response:
    """Answer a call that cannot be answered."""
    return fhir_reply(outcome(error.code, [_issue(one) for one in error.issues]), error.status)


def _answered_forms(container: Container, shelf: Shelf) -> AnsweredForms | None:
    if container.archive is None:
        return None
    forms = by_canonical(one.form for one in shelf.all)
    return AnsweredForms(container, container.archive, SqlRegister(container.archive.engine), forms)


def _issue(one: DtrIssue) -> Issue:
    place = f"QuestionnaireResponse.descendants().where(linkId='{one.link_id}')" if one.link_id else ""
    return Issue(f"{one.link_id}: {one.text}" if one.link_id else one.text, place)
