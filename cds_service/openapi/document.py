"""The OpenAPI 3.1 document of a running service: from the table of addresses, and from the schemas of the messages.

Source: OpenAPI Specification 3.1.0. The messages of the hooks are described by the very schemas that the tests hold
them to (`hooks/schemas`); a FHIR resource by its type alone, since its profiles say the rest.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import orjson

from cds_service.openapi.operation_table import BASE, Body, Operation, Table

Json = dict[str, Any]
OPENAPI = "3.1.0"
_AT = "#/components/schemas/"
_PARAMETER = re.compile(r"{(\w+)}")
_SCHEME = "token"
_WITH_TOKEN = frozenset({"client", "reader", "operator"})
_OF_ERRORS = {"hooks": "application/json", "plain": "application/json", "fhir": "application/fhir+json"}
"""The media type in which an error comes, by the kind of address; a page answers as its caller reads."""
_WHO = {
    "anyone": "Anyone.",
    "client": "A registered client, by a token that it signs (CDS Hooks 2.0); in open mode anyone.",
    "reader": "A registered client, by an access token or one that it signs, or an administrator; in open mode anyone.",
    "operator": "This machine, or an administrator.",
    "link": "Whoever has the link, signed in where clients are registered.",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a service offers: its address and version, its FHIR bases, and the ids that stand in addresses.

    `known` are the values of a parameter in a path by its name (`service_id`, `policy_id`). `has_clients` tells whether
    clients are registered.
    """

    base_url: str
    version: str
    bases: Sequence[str]
    known: Mapping[str, Sequence[str]]
    has_clients: bool


def document(table: Table, offer: Offer) -> Json:
    """Return the document of a service."""
    paths: dict[str, Json] = {}
    for operation in offered(table, has_clients=offer.has_clients):
        for path in paths_of(operation, offer.bases):
            paths.setdefault(path, {})[operation.method] = _operation(operation, path, table, offer)
    _point_to_the_first(paths)
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "Coverage of orders: CDS Hooks, Da Vinci CRD and DTR",
            "version": offer.version,
            "description": _ABOUT,
        },
        "servers": [{"url": offer.base_url}],
        "tags": [{"name": name} for name in dict.fromkeys(one.tag for one in table.operations)],
        "paths": paths,
        "components": {
            "schemas": dict(_schemas(table)),
            "securitySchemes": {_SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _point_to_the_first(paths: Mapping[str, Json]) -> None:
    """Have an operation at several addresses name the others at the first (`x-also-at`), and those the first."""
    found: dict[tuple[str, str], list[str]] = {}
    for path, methods in paths.items():
        for method, operation in methods.items():
            found.setdefault((method, operation["summary"]), []).append(path)
    for (method, _), (first, *others) in found.items():
        for path in others:
            paths[path][method]["x-same-as"] = first
        if others:
            paths[first][method]["x-also-at"] = others


def offered(table: Table, *, has_clients: bool) -> list[Operation]:
    """Return the operations that a service has, with or without registered clients."""
    return [one for one in table.operations if has_clients or one.where != "clients"]


def paths_of(operation: Operation, bases: Sequence[str]) -> list[str]:
    """Return the paths of an operation: one, or one under each FHIR base."""
    if not operation.path.startswith(BASE):
        return [operation.path]
    return [base + operation.path.removeprefix(BASE) for base in bases]


_ABOUT = (
    "Every address of this service but those of the reviewers' desk (/review), which are pages for persons, in a "
    "session of a browser. Sources: CDS Hooks 2.0, Da Vinci CRD, DTR and PAS, FHIR R4."
)


def _operation(operation: Operation, path: str, table: Table, offer: Offer) -> Json:
    found: Json = {
        "operationId": f"{operation.method} {path}",
        "tags": [operation.tag],
        "summary": operation.says,
        "description": f"Who may: {_WHO[operation.who]}",
        "responses": dict(_responses(operation, table)),
    }
    parameters = [*_in_path(path, offer), *_in_query(operation)]
    if parameters:
        found["parameters"] = parameters
    if operation.takes:
        taken = table.bodies[operation.takes]
        found["requestBody"] = {"required": not taken.optional, **_content(taken)}
    if offer.has_clients and operation.who in _WITH_TOKEN:
        found["security"] = [{_SCHEME: []}]
    return found


def _in_path(path: str, offer: Offer) -> Iterator[Json]:
    for name in _PARAMETER.findall(path):
        values = list(offer.known.get(name, ()))
        schema = {"type": "string"} | ({"enum": values} if values else {})
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(operation: Operation) -> Iterator[Json]:
    for name, says in operation.asks.items():
        yield {"name": name, "in": "query", "description": says, "schema": {"type": "string"}}


def _responses(operation: Operation, table: Table) -> Iterator[tuple[str, Json]]:
    for status, name in operation.answers.items():
        body = table.bodies[name]
        yield str(status), {"description": body.says, **_content(body)}
    kind = _OF_ERRORS.get(operation.errors, "")
    content = {"content": {kind: {"schema": {"$ref": f"{_AT}error"}}}} if kind else {}
    for status, says in table.errors[operation.errors].items():
        if status not in operation.answers:
            yield str(status), {"description": says, **content}


def _content(body: Body) -> Json:
    if not body.type:
        return {}
    return {"content": {one: {"schema": {"$ref": f"{_AT}{body.schema}"}} for one in (body.type, *body.alike)}}


def _schemas(table: Table) -> Iterator[tuple[str, Json]]:
    """Yield the schemas that bodies name, and those that these refer to."""
    for file in sorted((files("hooks") / "schemas").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".json"):
            name = file.name.removesuffix(".json")
            yield name, _placed({**orjson.loads(file.read_bytes())}, name)
    for name, schema in table.schemas.items():
        yield name, _placed(schema, name)
    for kind in sorted({one.schema for one in table.bodies.values() if one.schema[:1].isupper()}):
        yield kind, {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"const": kind}}}


def _placed(schema: Any, name: str) -> Any:
    """Return a schema as it stands in the document: references lead to where the others stand."""
    if isinstance(schema, list):
        return [_placed(one, name) for one in schema]
    if not isinstance(schema, dict):
        return schema
    members = {key: value for key, value in schema.items() if key not in {"$id", "$schema"}}
    return {key: _reference(value, name) if key == "$ref" else _placed(value, name) for key, value in members.items()}


def _reference(text: str, name: str) -> str:
    """Return where a reference leads: "common.json#/$defs/id", "#/$defs/id" of the same file, or a whole file."""
    file, _, place = text.partition("#")
    return f"{_AT}{file.removesuffix('.json') or name}{place}"
