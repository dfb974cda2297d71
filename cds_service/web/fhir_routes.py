"""Our FHIR base: the forms that coverage information names, at their own canonical URLs.

Source: FHIR R4, "RESTful API" (read, search, capabilities) and "Search". An unknown parameter is left out, and the self
link shows what was used; with `Prefer: handling=strict` it is refused. A modifier is always refused, as FHIR asks.
"""

from collections.abc import Iterable
from importlib.metadata import version
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from cds_service.composition import Container
from cds_service.web.errors import fhir_reply
from fhir_mappings.forms.bundles import capabilities, searchset
from fhir_mappings.forms.published import PARAMETERS, Shelf
from hooks.errors import Issue, outcome

_STRICT = "handling=strict"
_NO_MATTER = frozenset({"_format", "_pretty"})


def blueprint(container: Container, shelf: Shelf, base: str) -> Blueprint:
    """Return the routes of a base."""
    routes = Blueprint(f"fhir{base.replace('/', '-').replace('.', '-')}", __name__, url_prefix=base)
    payer = container.order_sign.payer
    stated = capabilities(payer.base_url, payer.name, container.today(), version("cds-service"))

    @routes.get("/metadata")
    def metadata() -> Response:
        return fhir_reply(stated)

    @routes.get("/Questionnaire/<form_id>")
    def read(form_id: str) -> Response:
        found = shelf.read(form_id, container.today(), request.args.get("version", ""))
        if found is None:
            return _refused(404, "not-found", ["there is no form of this id and version"])
        answer = fhir_reply(found.resource)
        answer.set_etag(found.resource["meta"]["versionId"], weak=True)
        return answer

    @routes.get("/Questionnaire")
    def search() -> Response:
        faults = list(_faults(request.args, strict=_STRICT in request.headers.get("Prefer", "")))
        if faults:
            return _refused(400, "not-supported", faults)
        used = [(name, value) for name, value in request.args.items(multi=True) if name in PARAMETERS and value]
        own_url = f"{payer.base_url}{base}/Questionnaire" + (f"?{urlencode(used)}" if used else "")
        return fhir_reply(searchset(shelf.search(used), own_url))

    return routes


def _faults(names: Iterable[str], *, strict: bool) -> Iterable[str]:
    """Yield what is wrong with the parameters of a search."""
    for name in names:
        plain, colon, _ = name.partition(":")
        if plain in PARAMETERS and colon:
            yield f"the parameter {plain} takes no modifier here"
        elif strict and name not in PARAMETERS.keys() | _NO_MATTER:
            yield f"this is no search parameter here; there are: {', '.join(PARAMETERS)}"


def _refused(status: int, code: str, texts: Iterable[str]) -> Response:
    return fhir_reply(outcome(code, [Issue(text) for text in texts]), status)
