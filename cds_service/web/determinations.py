"""`GET /determinations/{id}`: one determination with its criteria, evidence and revisions.

It is read by the tenant that caused it, and by an administrator; in open mode by anyone on this machine.
"""

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from cds_service.storage.archive import Archive
from cds_service.web.caller import Reception
from cds_service.web.errors import reply
from cds_service.web.read_notes import DETERMINATION, shows
from fhir_mappings.wording import Wording


def blueprint(archive: Archive | None, reception: Reception, say: Wording) -> Blueprint:
    """Return the route, which answers in the words of a language; without an archive nothing is found."""
    routes = Blueprint("determinations", __name__)

    @routes.get("/determinations/<name>")
    def determination(name: str) -> Response:
        reader = reception.gate.reader(reception.visit())
        shows(DETERMINATION, name, reader.tenant)
        found = archive.find(name, reader.tenant) if archive is not None else None
        if found is None:
            raise NotFound
        return reply(say.report(found))

    return routes
