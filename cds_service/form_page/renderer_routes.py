"""The files that the build brought, packed where the browser takes them so: LHC-Forms is 0.8 MB then, not 3.3 MB."""

from collections.abc import Callable
from mimetypes import guess_type
from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory

RENDERER = "lforms/lhc-forms.js"
"""What renders forms, in the folder of static files."""
VIEWER = "viewer/rapidoc-min.js"
"""What shows the OpenAPI document."""
_SECONDS = 86_400
_UNKNOWN = "application/octet-stream"


def blueprint(static: Path) -> Blueprint:
    """Return the routes; under `static` is what the build has brought, if it has."""
    routes = Blueprint("renderer", __name__)
    for name in (RENDERER, VIEWER):
        folder = Path(name).parent
        routes.add_url_rule(f"/static/{folder}/<name>", str(folder), _files_of(static / folder))
    return routes


def _files_of(folder: Path) -> Callable[[str], Response]:
    def file(name: str) -> Response:
        packed = f"{name}.gz"
        is_packed = request.accept_encodings.quality("gzip") > 0 and (folder / packed).is_file()
        kind = guess_type(name)[0] or _UNKNOWN
        answer = send_from_directory(folder, packed if is_packed else name, mimetype=kind, max_age=_SECONDS)
        if is_packed:
            answer.headers["Content-Encoding"] = "gzip"
        answer.vary.add("Accept-Encoding")
        return answer

    return file
