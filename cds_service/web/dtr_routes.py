"""The operations of DTR's payer side, under `/fhir` (2.2.0) and `/fhir/dtr/2.0.1`: one content, two versions.

Source: DTR 2.2.0 and 2.0.1, "Questionnaire Package Operation". The type-level address is the standard's; the other two
are what clients in the field call.
"""

from flask import Blueprint, Response, request

from cds_service.composition import Container
from cds_service.dtr.dialects import DtrDialect
from cds_service.dtr.faults import DtrError
from cds_service.dtr.inputs import read_package_input
from cds_service.dtr.packaging import Packaging
from cds_service.web.errors import reply
from cds_service.web.visits import visit
from fhir_mappings.forms.bundles import JSON
from fhir_mappings.forms.published import Shelf
from hooks.errors import Issue, outcome

_JSON_TYPES = frozenset({"application/json", "application/fhir+json", "text/json", ""})


def blueprint(container: Container, shelf: Shelf, dialect: DtrDialect) -> Blueprint:
    """Return the routes of one base."""
    routes = Blueprint(f"dtr-{dialect.version.replace('.', '-')}", __name__, url_prefix=dialect.base)
    packaging = Packaging(container, shelf)
    base_url = container.order_sign.payer.base_url

    @routes.post("/Questionnaire/$questionnaire-package")
    @routes.post("/Questionnaire/<_form_id>/$questionnaire-package")
    @routes.post("/$questionnaire-package")
    def package(_form_id: str = "") -> Response:
        body = request.get_data(cache=False)
        reader = container.gate.reader(visit(base_url, body))
        if request.mimetype not in _JSON_TYPES:
            raise DtrError(415, "not-supported", "send application/fhir+json")
        return fhir(packaging.answer(read_package_input(body), dialect, reader.tenant))

    @routes.errorhandler(DtrError)
    def refused(error: DtrError) -> Response:
        return fhir(outcome(error.code, [Issue(error.text)]), error.status)

    return routes


def fhir(content: object, status: int = 200) -> Response:
    """Return a FHIR resource."""
    answer = reply(content, status)
    answer.content_type = JSON
    return answer
