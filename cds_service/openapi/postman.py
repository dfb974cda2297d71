"""The addresses of the service as a Postman collection, made from the OpenAPI document.

Source: Postman Collection Format 2.1.0. What differs from tester to tester is a variable: `base_url`, `token`, and each
name that stands in an address.
"""

import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_NAME = re.compile(r"\{(\w+)\}")


def collection(document: Json) -> Json:
    """Return the collection: a folder for each kind of address, a request for each address and method."""
    folders = [{"name": one["name"], "item": list(_requests(document, one["name"]))} for one in document["tags"]]
    return {
        "info": {
            "name": document["info"]["title"],
            "description": document["info"]["description"],
            "version": document["info"]["version"],
            "schema": _SCHEMA,
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [
            {"key": "base_url", "value": document["servers"][0]["url"]},
            {"key": "token", "value": ""},
        ],
        "item": [one for one in folders if one["item"]],
    }


def _requests(document: Json, tag: str) -> Iterator[Json]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield {"name": operation["summary"], "request": _request(path, method, operation), "response": []}


def _request(path: str, method: str, operation: Json) -> Json:
    body = operation.get("requestBody", {}).get("content", {})
    media = next(iter(body), "")
    return {
        "method": method.upper(),
        "description": operation["description"],
        "header": [{"key": "Content-Type", "value": media}] if media else [],
        "url": _url(path, operation),
        **({"body": {"mode": "raw", "raw": ""}} if media else {}),
        **({} if operation.get("security") else {"auth": {"type": "noauth"}}),
    }


def _url(path: str, operation: Json) -> Json:
    """Return an address in Postman's parts; a name in it is one of its own variables, written :name."""
    parts = [_NAME.sub(r":\1", one) for one in path.strip("/").split("/")]
    named = {one["name"]: one for one in operation.get("parameters", ())}
    query = [{"key": name, "value": "", "disabled": True} for name, one in named.items() if one.get("in") == "query"]
    variables = [{"key": name, "value": _first(named.get(name, {}))} for name in _NAME.findall(path)]
    return {
        "raw": "{{base_url}}/" + "/".join(parts),
        "host": ["{{base_url}}"],
        "path": parts,
        **({"query": query} if query else {}),
        **({"variable": variables} if variables else {}),
    }


def _first(parameter: Json) -> str:
    return str(next(iter(parameter.get("schema", {}).get("enum", ())), ""))
