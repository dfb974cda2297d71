"""The record system over HTTP, on this machine: read, search by GET and POST, create and update, pages."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

from tests.ehr.records import Records, SearchError

Json = dict[str, Any]
Asked = list[tuple[str, str]]


@dataclass
class RecordSystem:
    """A FHIR server: `page` is the most matches of a page, whatever a client asks for; `asked` is what was asked."""

    records: Records = field(default_factory=Records)
    page: int = 250
    tells_total: bool = True
    asked: list[str] = field(default_factory=list)
    base: str = ""
    _pages: dict[str, list[Json]] = field(default_factory=dict)

    def search(self, kind: str, asked: Asked) -> Json:
        """Return the first page of a search; raises SearchError."""
        matches, included = self.records.search(kind, asked)
        count = min(self.page, int(dict(asked).get("_count", self.page)))
        entries = [self._entry(one, "match") for one in matches]
        pages = [entries[start : start + count] for start in range(0, len(entries), count)] or [[]]
        pages[-1] = pages[-1] + [self._entry(one, "include") for one in included]
        name = uuid4().hex
        for number, one in enumerate(pages):
            self._pages[f"{name}.{number}"] = one
        return self._page(f"{name}.0", len(matches))

    def _page(self, name: str, total: int) -> Json:
        key, _, number = name.partition(".")
        following = f"{key}.{int(number) + 1}"
        bundle: Json = {"resourceType": "Bundle", "type": "searchset", "link": [], "entry": self._pages[name]}
        if self.tells_total:
            bundle["total"] = total
        if following in self._pages:
            query = urlencode({"_getpages": following, "_total": total})
            bundle["link"] = [{"relation": "next", "url": f"{self.base}?{query}"}]
        return bundle

    def _entry(self, resource: Json, mode: str) -> Json:
        url = f"{self.base}/{resource['resourceType']}/{resource['id']}"
        return {"fullUrl": url, "resource": resource, "search": {"mode": mode}}

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Json]:
        """Answer a request below the base."""
        parts = urlsplit(target)
        self.asked.append(f"{method} {target}")
        steps = [one for one in parts.path.split("/") if one][1:]
        asked = parse_qsl(parts.query, keep_blank_values=True)
        try:
            return self._answered(method, steps, asked, body)
        except SearchError as error:
            return 400, outcome(str(error))

    def _answered(self, method: str, steps: list[str], asked: Asked, body: bytes) -> tuple[int, Json]:
        if not steps and dict(asked).get("_getpages") in self._pages:
            given = dict(asked)
            return 200, self._page(given["_getpages"], int(given["_total"]))
        if method == "GET" and len(steps) == 1:
            return 200, self.search(steps[0], asked)
        if method == "POST" and steps[1:] == ["_search"]:
            return 200, self.search(steps[0], [*asked, *parse_qsl(body.decode())])
        return self._instance(method, steps, body)

    def _instance(self, method: str, steps: list[str], body: bytes) -> tuple[int, Json]:
        if method == "GET" and len(steps) == 2:
            found = self.records.read(steps[0], steps[1])
            return (200, found) if found is not None else (404, outcome("there is nothing of this id"))
        if (method, len(steps)) in {("POST", 1), ("PUT", 2)}:
            written = json.loads(body) | {"id": steps[1] if steps[1:] else uuid4().hex}
            self.records.add([written])
            return 201, written
        return 404, outcome("there is no such address")


def outcome(text: str) -> Json:
    issue = {"severity": "error", "code": "processing", "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def handler(system: RecordSystem) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content = system.answer(self.command, self.path, body)
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the names of the library

        def log_message(self, *_: object) -> None:
            return

    return Handler


@contextmanager
def running(system: RecordSystem) -> Iterator[RecordSystem]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(system))
    server.daemon_threads = True
    system.base = f"http://127.0.0.1:{server.server_address[1]}/fhir"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield system
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
