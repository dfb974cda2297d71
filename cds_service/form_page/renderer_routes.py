"""The files of LHC-Forms, packed where the browser takes it so: 0.8 MB instead of 3.3 MB over a phone's network."""

from mimetypes import guess_type
from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory

_SECONDS = 86_400
_UNKNOWN = "application/octet-stream"


def blueprint(folder: Path) -> Blueprint:
    """Return the route; `folder` is where the build has put the files, if it has."""
    routes = Blueprint("renderer", __name__)

    @routes.get("/static/lforms/<name>")
    def file(name: str) -> Response:
        packed = f"{name}.gz"
        is_packed = request.accept_encodings.quality("gzip") > 0 and (folder / packed).is_file()
        kind = guess_type(name)[0] or _UNKNOWN
        answer = send_from_directory(folder, packed if is_packed else name, mimetype=kind, max_age=_SECONDS)
        if is_packed:
            answer.headers["Content-Encoding"] = "gzip"
        answer.vary.add("Accept-Encoding")
        return answer

    return routes
