"""What every request passes and every answer bears: the threshold before a route, and headers for browsers after it."""

import re
from collections.abc import Mapping
from functools import partial

from flask import Flask, Response
from flask.globals import request_ctx
from werkzeug.exceptions import NotFound

from cds_service.http.threshold import Head, Threshold

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BARE = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})
"""The headers that stand in a WSGI environment under their own names (PEP 3333)."""
_OPEN_TO_CACHES = ("/static", "/policies", "/forms/lforms")


def register(app: Flask, threshold: Threshold) -> None:
    """Put the guards around all routes of an application; they come before whatever else looks at a request."""

    @app.before_request
    def look() -> None:
        asked = request_ctx.request  # the proxy of a request is looked through at every use
        if _CONTROL.search(asked.path):
            raise NotFound
        threshold.check(Head(asked.method, asked.path, partial(_header, asked.environ)))

    @app.after_request
    def guard(answer: Response) -> Response:
        """Nothing that holds data is kept by a browser or a proxy, or taken for something that it is not."""
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        if not request_ctx.request.path.startswith(_OPEN_TO_CACHES):
            answer.headers["Cache-Control"] = "no-store"
        return answer


def _header(environ: Mapping[str, str], name: str) -> str:
    """Return a header of a request; empty where it is not there."""
    key = name.upper().replace("-", "_")
    return environ.get(key if key in _BARE else f"HTTP_{key}", "")
