"""Noting who reads what: a view names what it is about to show; it is noted with the answer, as shown or refused."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request

from cds_service.audit.read_log import ADMINISTRATOR, Read, ReadLog

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Our own ids, and nothing else, reach the record and the log."""
DETERMINATION, FORM, ANSWER = "Determination", "Questionnaire", "QuestionnaireResponse"


def shows(kind: str, name: str, tenant: str | None) -> None:
    """Name what is about to be shown, and to whom: a tenant, or (None) an administrator."""
    reader = tenant if tenant is not None else ADMINISTRATOR
    read = Read(reader, kind, name if _ID.fullmatch(name) else "", address=request.remote_addr or "")
    g.setdefault("reads", []).append(read)


def shows_drafts(answer: dict[str, Any], tenant: str | None) -> None:
    """Name the determinations whose filled-in forms an answer holds."""
    for name in sorted(set(_drafted(answer))):
        shows(FORM, name, tenant)


def _drafted(content: object) -> Iterator[str]:
    """Yield the determinations of the responses in Parameters, Bundles, or a response itself."""
    if not isinstance(content, dict):
        return
    if content.get("resourceType") == ANSWER:
        value = (content.get("identifier") or {}).get("value")
        yield from [value] if isinstance(value, str) else []
        return
    for one in (*content.get("parameter", ()), *content.get("entry", ())):
        yield from _drafted(one.get("resource"))


def register(app: Flask, log: ReadLog) -> None:
    """Make an application note what its views name."""

    @app.after_request
    def note(answer: Response) -> Response:
        refused = answer.status_code >= HTTPStatus.BAD_REQUEST
        for one in g.get("reads", ()):
            log.note(Read(one.reader, one.kind, one.name, refused, one.address))
        return answer
