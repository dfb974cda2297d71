"""Holds messages to the JSON Schemas of this project (hooks/schemas/): discovery, calls, replies and errors."""

import json
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema_rs
from flask import Response, request
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource

FOLDER = Path(str(files("hooks"))) / "schemas"
VERSIONS = ("2.0", "2.2")
Json = dict[str, Any]


@cache
def _contents() -> dict[str, Json]:
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    return {one["$id"]: one for one in contents}


@cache
def schema(name: str) -> Draft202012Validator:
    """Return the validator of a schema, by the name of its file."""
    resources = ((own, Resource.from_contents(one)) for own, one in _contents().items())
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft202012Validator(_contents()[f"{name}.json"], registry=registry)


@cache
def _fast(name: str) -> jsonschema_rs.Validator:
    """Return what says of a message whether it is as it should be, in a hundredth of the time, and not what is not."""
    registry = jsonschema_rs.Registry(list(_contents().items()))
    return jsonschema_rs.Draft202012Validator(_contents()[f"{name}.json"], registry=registry)


def fits(name: str, message: Any) -> bool:
    """Whether a message is as the schema of this name says: what is wrong with it would take long to say."""
    return _fast(name).is_valid(message)


def fault(name: str, message: Any) -> str:
    """Return what is wrong with a message, by the schema of this name; nothing if it is as it should be."""
    if fits(name, message):
        return ""
    found = best_match(schema(name).iter_errors(message))
    return f"{name}: {found.json_path}: {found.message}" if found else ""


def hold(name: str, message: Any) -> None:
    """Fail the test unless a message is as its schema says."""
    assert not fault(name, message), fault(name, message)


def reply_faults(call: Any, reply: Any) -> list[str]:
    """Return what is wrong with a reply, by the schema of the version that the call asked for.

    A call that names no version is answered in that of the client's registration, so either will do.
    """
    extension = call.get("extension") if isinstance(call, dict) else None
    asked = extension.get("davinci-crd.requestedVersion") if isinstance(extension, dict) else None
    names = [f"response-{version}" for version in ([asked] if asked in VERSIONS else VERSIONS)]
    if any(fits(name, reply) for name in names):
        return []
    return [fault(name, reply) for name in names]


def came() -> Any:
    """Return what was sent to the service, which keeps nothing of a body; None if that is no JSON."""
    given = request.environ["wsgi.input"]
    try:
        return json.loads(given.getvalue()) if isinstance(given, BytesIO) else None
    except ValueError:
        return None


def faults_of(response: Response) -> list[str]:
    """Return what is wrong with a response of the services, as it leaves; called while its request is at hand."""
    if not request.path.startswith("/cds-services") or request.method not in {"GET", "POST"}:
        return []
    content = response.get_json(silent=True)
    if response.status_code >= 400:
        found = [fault("outcome", content)]
    elif request.method == "GET":
        expressive = "Authorization" in request.headers  # who is known may read more than every client does
        found = [fault("discovery-expressions" if expressive else "discovery", content)]
    elif request.path.endswith("/feedback"):
        found = []
    else:
        found = reply_faults(came(), content)
    return [one for one in found if one]
