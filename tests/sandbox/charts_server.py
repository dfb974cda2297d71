"""A FHIR and SMART server on this machine, open to every page: one base a sample chart, each with a launch of its own.

It asks nobody who they are, and holds made-up patients. Source: SMART App Launch 2.2, discovery, authorization code.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.ehr.charts import Charted
from tests.ehr.records import Records
from tests.ehr.server import RecordSystem

Json = dict[str, Any]
_OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT",
    "Cache-Control": "no-store",
}


class Base:
    """One chart as a FHIR server of its own."""

    def __init__(self, charted: Charted, address: str) -> None:
        self.charted, self.address = charted, address
        self.records = RecordSystem(Records(), base=address)
        self.records.records.add(list(charted.resources))

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Json]:
        """Answer a request below the base."""
        path = urlsplit(target).path
        if path.endswith("/.well-known/smart-configuration"):
            return 200, self._smart()
        if path.endswith("/metadata"):
            return 200, self._capabilities()
        if path.endswith("/token"):
            return 200, self._token()
        return self.records.answer(method, target, body)

    def redirected(self, target: str) -> str:
        """Return where a browser goes on that asks to be let in: back to the app, with a code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        return f"{asked['redirect_uri']}?{urlencode({'code': 'sandbox', 'state': asked.get('state', '')})}"

    def _token(self) -> Json:
        return {
            "access_token": "sandbox",
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": "launch patient/*.rs",
            "patient": self.charted.patient,
        }

    def _smart(self) -> Json:
        return {
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "capabilities": ["launch-ehr", "launch-standalone", "client-public", "context-ehr-patient"],
            "code_challenge_methods_supported": ["S256"],
            "grant_types_supported": ["authorization_code"],
        }

    def _capabilities(self) -> Json:
        kinds = sorted({str(one["resourceType"]) for one in self.charted.resources})
        modes = [{"code": "read"}, {"code": "search-type"}, {"code": "create"}, {"code": "update"}]
        return {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": "2026-11-30",
            "kind": "instance",
            "fhirVersion": "4.0.1",
            "format": ["json"],
            "rest": [{"mode": "server", "resource": [{"type": one, "interaction": modes} for one in kinds]}],
        }


def _handler(bases: Mapping[str, Base]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            base = bases.get(urlsplit(self.path).path.strip("/").partition("/")[0])
            if self.command == "OPTIONS" or base is None:
                self._send(204 if self.command == "OPTIONS" else 404, b"")
            elif urlsplit(self.path).path.endswith("/authorize"):
                self._send(302, b"", Location=base.redirected(self.path))
            else:
                status, content = base.answer(self.command, self.path, body)
                self._send(status, json.dumps(content).encode())

        def _send(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            kind = {"Content-Type": "application/fhir+json", "Content-Length": str(len(body))}
            for name, value in (_OPEN | kind | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_OPTIONS = _answer  # noqa: N815 - the names of the library

        def log_message(self, *_: object) -> None:
            return

    return Handler


@contextmanager
def running(charts: Mapping[str, Charted], port: int = 0) -> Iterator[tuple[Base, ...]]:
    """Serve charts until the block ends, each at a base that is named as it is in `charts`."""
    bases: dict[str, Base] = {}
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(bases))
    server.daemon_threads = True
    home = f"http://127.0.0.1:{server.server_address[1]}"
    bases.update((name, Base(one, f"{home}/{name}")) for name, one in charts.items())
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield tuple(bases.values())
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
