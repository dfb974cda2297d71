"""Our FHIR base: what is published, read and searched; and what the base can do.

Source: FHIR R4, "RESTful API" (read, search, capabilities) and "Search". An unknown parameter is left out, and the self
link shows what was used; with `Prefer: handling=strict` it is refused. A modifier is always refused, as FHIR asks.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

from cds_service.clients.scopes import Need
from cds_service.dtr.dtr_versions import DtrDialect
from cds_service.dtr.errors import DtrError, DtrIssue, Fault
from cds_service.dtr.publication import OPERATIONS, Publication
from cds_service.web.caller import Reception
from cds_service.web.errors import fhir_reply
from cds_service.web.fhir_base import base_blueprint, guarded
from fhir_mappings.publication.artifacts import PARAMETERS
from fhir_mappings.publication.searchset import searchset
from policies.model.dates import CallDay

_STRICT = "handling=strict"
_NO_MATTER = frozenset({"_format", "_pretty"})


@dataclass(frozen=True, slots=True)
class _Type:
    """One resource type under one base."""

    publication: Publication
    kind: str
    url: str
    today: Callable[[], CallDay]

    def read(self, name: str) -> Response:
        """Answer with a resource; an operation that is not called by POST is refused with that reason."""
        if name.removeprefix("$") in OPERATIONS.get(self.kind, ()) and name.startswith("$"):
            raise MethodNotAllowed(["POST"])
        version = request.args.get("version", "")
        found = self.publication.read(self.kind, name, version, self.today())
        if found is None:
            raise DtrError(Fault.ABSENT, f"there is no {self.kind} of this id and version")
        answer = fhir_reply(found)
        answer.set_etag(found["meta"]["versionId"], weak=True)
        return answer

    def search(self) -> Response:
        """Answer with what matches; the parameters of a POST stand in its form, in its address, or in both."""
        given = [*request.args.items(multi=True), *request.form.items(multi=True)]
        strict = _STRICT in request.headers.get("Prefer", "")
        faults = [DtrIssue(one) for one in _faults((name for name, _ in given), strict=strict)]
        if faults:
            raise DtrError.of(Fault.SEARCH, faults)
        used = [(name, value) for name, value in given if name in PARAMETERS and value]
        own_url = self.url + (f"?{urlencode(used)}" if used else "")
        return fhir_reply(searchset(self.publication.search(self.kind, used, self.today()), own_url))


def blueprint(
    reception: Reception, publication: Publication, dialect: DtrDialect, today: Callable[[], CallDay]
) -> Blueprint:
    """Return the routes of a base that read and search."""
    routes = base_blueprint(f"fhir-{dialect.version.replace('.', '-')}", __name__, dialect.base)
    for kind in publication.kinds:
        served = _Type(publication, kind, f"{reception.base_url}{dialect.base}/{kind}", today)
        search = guarded(reception, Need(kind, "s"), served.search)
        read = guarded(reception, Need(kind, "r"), served.read)
        routes.add_url_rule(f"/{kind}/<name>", f"read-{kind}", read, strict_slashes=False)
        routes.add_url_rule(f"/{kind}", f"search-{kind}", search, strict_slashes=False)
        routes.add_url_rule(f"/{kind}/_search", f"search-{kind}", search, methods=["POST"])
    return routes


def _faults(names: Iterable[str], *, strict: bool) -> Iterator[str]:
    """Yield what is wrong with the parameters of a search."""
    for name in names:
        plain, colon, _ = name.partition(":")
        if plain in PARAMETERS and colon:
            yield f"the parameter {plain} takes no modifier here"
        elif strict and name not in PARAMETERS.keys() | _NO_MATTER:
            yield f"this is no search parameter here; there are: {', '.join(PARAMETERS)}"
