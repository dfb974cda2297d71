"""A server that answers every signed request with nothing: the token is checked, the body is read and parsed.

It is the floor of what is served over HTTP: Flask, as the service has it, and PyJWT with the client's key at hand.
"""

import os
import sys

import jwt
import orjson
from flask import Flask, Response, request
from granian import Granian
from granian.constants import Interfaces

KEYS, AUDIENCE = "FLOOR_KEYS", "FLOOR_AUDIENCE"


def create() -> Flask:
    """Return the application; the environment holds the key set and for whom tokens are."""
    app, audience = Flask("floor"), os.environ[AUDIENCE]
    key = jwt.PyJWK.from_dict(orjson.loads(os.environ[KEYS])["keys"][0]).key

    @app.post("/cds-services/order-sign-crd")
    def floor() -> Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        jwt.decode(token, key, algorithms=["ES384"], audience=audience)
        orjson.loads(request.get_data(cache=False))
        return Response(b"{}", content_type="application/json")

    @app.get("/health/ready")
    def ready() -> Response:
        return Response(b"{}", content_type="application/json")

    return app


def main() -> None:
    """Serve on a port, in so many processes."""
    port, workers = map(int, sys.argv[1:])
    server = Granian(
        "benchmarks.signed_floor:create", port=port, workers=workers, interface=Interfaces.WSGI, factory=True,
        log_enabled=False,
    )  # fmt: skip
    server.serve()


if __name__ == "__main__":
    main()
