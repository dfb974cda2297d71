"""The operations of DTR's payer side, under `/fhir` (2.2.0) and `/fhir/dtr/2.0.1`: one content, two versions.

Source: DTR 2.2.0 and 2.0.1, "Questionnaire Package Operation"; FHIR R4, `$expand`. The type-level address is the
standard's; those at a form and at the root of a base are what clients in the field call. One posts answers of an
adaptive form to the base itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, request

from cds_service.clients.scopes import Need
from cds_service.dtr.dtr_versions import DtrDialect
from cds_service.dtr.errors import DtrError, Fault
from cds_service.dtr.form_errors import read_form_errors
from cds_service.dtr.next_question import read_step_input
from cds_service.dtr.publication import FORMS, VALUE_SETS, Publication
from cds_service.dtr.value_set_expansion import Expanding, read_expand_input
from cds_service.form_packages.operations import Operations
from cds_service.form_packages.package_input import read_package_input
from cds_service.http.language import spoken
from cds_service.logs import LOG
from cds_service.storage.archive import Archive
from cds_service.storage.form_errors import SqlFormErrors
from cds_service.web.caller import Reception
from cds_service.web.errors import fhir_reply
from cds_service.web.fhir_base import base_blueprint, check_media, guarded, reader
from cds_service.web.read_notes import ANSWER, shows, shows_drafts
from hooks.protocol.errors import Issue, outcome

RESPONSES = "QuestionnaireResponse"


@dataclass(frozen=True, slots=True)
class _Operations:
    """The operations of one base."""

    dialect: DtrDialect
    url: str
    operations: Operations
    expanding: Expanding
    archive: Archive | None
    errors: SqlFormErrors | None

    def package(self, _form_id: str = "") -> Response:
        """Answer with the forms that are asked for; a form's own address names nothing that the body does not."""
        asked = read_package_input(_body(), self._max_depth)
        answer = self._spoken.packaging.answer(asked, self.dialect, reader().tenant)
        shows_drafts(answer, reader().tenant)
        return fhir_reply(answer)

    def expand(self) -> Response:
        """Answer with a value set and its codes; the parameters stand in the address, or in the body of a POST."""
        given = tuple(request.args.items(multi=True))
        if request.method == "POST":
            given += read_expand_input(_body(), self._max_depth)
        return fhir_reply(self.expanding.answer(given, self.operations.intake.today()))

    def next_question(self, _form_id: str = "") -> Response:
        """Answer with the next step of an adaptive form."""
        asked = read_step_input(_body(), self._max_depth)
        answer = self._spoken.steps.answer(asked, self.dialect, reader().tenant)
        shows_drafts(answer, reader().tenant)
        return fhir_reply(answer)

    def log_errors(self, _form_id: str = "") -> Response:
        """Keep what went wrong with forms of ours."""
        errors = read_form_errors(_body(), self._max_depth)
        if self.errors is None:
            raise DtrError(Fault.NO_STORE, "there is no store here that could keep an error")
        new = self.errors.keep(reader().tenant or "", errors)
        LOG.info("form errors", extra={"fields": {"issues": len(errors.issues), "new": new}})
        return fhir_reply(outcome("informational", [Issue("thank you, this is kept")], "information"))

    def take(self) -> Response:
        """Take an answered form."""
        body, answered = _body(), self._spoken.answered
        if answered is None:
            raise DtrError(Fault.NO_STORE, "there is no store here that could keep an answer")
        accepted = answered.take(body, reader().tenant)
        answer = fhir_reply(accepted.resource, 201 if accepted.is_new else 200)
        answer.headers["Location"] = f"{self.url}/{RESPONSES}/{accepted.id}"
        return answer

    def read(self, name: str) -> Response:
        """Answer with a form that was answered."""
        shows(ANSWER, name, reader().tenant)
        found = self.archive.response(name, reader().tenant) if self.archive is not None else None
        if found is None:
            raise DtrError(Fault.ABSENT, "there is no answered form of this id")
        return fhir_reply(found)

    @property
    def _spoken(self) -> Operations:
        """Return the operations in the language of who is answered."""
        return self.operations.speaking(spoken(self.operations.say, reader().language))

    @property
    def _max_depth(self) -> int:
        return self.operations.intake.max_depth


def _body() -> bytes:
    """Return the body of a call; raises DtrError for a wrong media type."""
    check_media()
    return request.get_data()


def blueprint(
    reception: Reception,
    operations: Operations,
    publication: Publication,
    dialect: DtrDialect,
    errors: SqlFormErrors | None,
) -> Blueprint:
    """Return the routes of one base; without a store for them no errors of forms are taken."""
    routes = base_blueprint(f"dtr-{dialect.version.replace('.', '-')}", __name__, dialect.base)
    address, expanding = f"{reception.base_url}{dialect.base}", Expanding(publication.artifacts[VALUE_SETS])
    served = _Operations(dialect, address, operations, expanding, operations.belonging.archive, errors)

    def add(paths: tuple[str, ...], need: Need, view: Callable[..., Response], *methods: str) -> None:
        for path in paths:
            name = f"{view.__name__}-{len(path)}"
            routes.add_url_rule(path, name, guarded(reception, need, view), methods=list(methods), strict_slashes=False)

    add(_addresses(FORMS, "$questionnaire-package"), Need(FORMS, "r"), served.package, "POST")
    add((*_addresses(FORMS, "$next-question"), ""), Need(FORMS, "r"), served.next_question, "POST")
    add(_addresses(FORMS, "$log-questionnaire-errors"), Need(FORMS, "r"), served.log_errors, "POST")
    add((f"/{VALUE_SETS}/$expand", *_at_root(dialect, "$expand")), Need(VALUE_SETS, "r"), served.expand, "GET", "POST")
    add((f"/{RESPONSES}",), Need(RESPONSES, "c"), served.take, "POST")
    add((f"/{RESPONSES}/<name>",), Need(RESPONSES, "r"), served.read, "GET")
    return routes


def _addresses(kind: str, operation: str) -> tuple[str, ...]:
    """Return where an operation on forms is called: at the type, at a form, and at the root of the base."""
    return (f"/{kind}/{operation}", f"/{kind}/<_form_id>/{operation}", f"/{operation}")


def _at_root(dialect: DtrDialect, operation: str) -> tuple[str, ...]:
    return (f"/{operation}",) if dialect.root_operations else ()
