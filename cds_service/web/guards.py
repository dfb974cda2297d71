"""What every request passes and every answer bears: the threshold before a route, and headers for browsers after it."""

import re

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

from cds_service.http.threshold import Head, Threshold

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OPEN_TO_CACHES = ("/static", "/policies", "/forms/lforms")


def register(app: Flask, threshold: Threshold) -> None:
    """Put the guards around all routes of an application; they come before whatever else looks at a request."""

    @app.before_request
    def look() -> None:
        if _CONTROL.search(request.path):
            raise NotFound
        threshold.check(Head(request.method, request.path, lambda name: request.headers.get(name, "")))

    @app.after_request
    def guard(answer: Response) -> Response:
        """Nothing that holds data is kept by a browser or a proxy, or taken for something that it is not."""
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        if not request.path.startswith(_OPEN_TO_CACHES):
            answer.headers["Cache-Control"] = "no-store"
        return answer
