"""Hostile and broken calls: good ones, with odd values at any place, as bytes, since some are no JSON."""

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any
from urllib.parse import urlencode

from tests.prior_auth.request_bundles import attachments, inquiry, request_of, subscription
from tests.service.calls import MARGETUXIMAB, coverage, medication_request, observation, order_sign, searchset

Json = Any
HOOK = "/cds-services/order-sign-crd"
ODD: tuple[bytes, ...] = (
    *(b"null", b"true", b"0", b"-1", b"1e400", b"-1e400", b"1e-400", b"1" + b"0" * 30, b"1" + b"0" * 400, b"NaN"),
    *(
        b'""',
        b'" "',
        b'"\\u0000"',
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'"\\u202egnp.exe"',
        b'"a/b"',
        b'"' + b"x" * 5000 + b'"',
    ),
    *(
        b"[]",
        b"{}",
        b"[null]",
        b'[{"a":1,"a":2}]',
        b'"Patient/p1"',
        b'"http://127.0.0.1:1/"',
        b'"9999-99-99"',
        b"{",
        b'"\xff"',
    ),
)
"""Values that were put in somebody's place, as bytes: some of them are no JSON."""


def base_calls() -> dict[str, Json]:
    result = observation(
        "o1", "85319-2", valueCodeableConcept={"coding": [{"system": "http://loinc.org", "code": "LA11841-6"}]}
    )
    given = {
        "patient": {"resourceType": "Patient", "id": "p1", "birthDate": "1960-01-01"},
        "coverage": searchset(coverage()),
        "observations": searchset(result),
    }
    sign = order_sign(medication_request(MARGETUXIMAB), prefetch=given)
    sign["extension"] = {"davinci-crd.requestedVersion": "2.2", "davinci-crd.configuration": {"max-cards": 3}}
    order = medication_request(MARGETUXIMAB)
    parameters = [{"name": "coverage", "resource": coverage()}, {"name": "order", "resource": order}]
    answered = {
        "resourceType": "QuestionnaireResponse",
        "status": "in-progress",
        "questionnaire": "https://cds.example.org/fhir/Questionnaire/margetuximab-initial",
        "subject": {"reference": "Patient/p1"},
        "authored": "2026-11-20T10:00:00Z",
        "item": [{"linkId": "ecog", "answer": [{"valueInteger": 1}]}],
    }
    return {
        HOOK: sign,
        f"{HOOK}/feedback": {
            "feedback": [{"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:00:00Z"}]
        },
        "/fhir/Questionnaire/$questionnaire-package": {"resourceType": "Parameters", "parameter": parameters},
        "/fhir/Questionnaire/$next-question": {
            "resourceType": "Parameters",
            "parameter": [{"name": "questionnaire-response", "resource": answered}],
        },
        "/fhir/QuestionnaireResponse": answered,
        "/fhir/ValueSet/$expand": {
            "resourceType": "Parameters",
            "parameter": [{"name": "url", "valueUri": "http://x"}],
        },
        "/oauth/token": {},
        "/fhir/pas/Claim/$submit": request_of(sign),
        "/fhir/pas/Claim/$inquire": inquiry(sign),
        "/fhir/pas/$submit-attachment": attachments(
            "00000000-0000-4000-8000-000000000000.1", {"resourceType": "Binary"}
        ),
        "/fhir/pas/Subscription": subscription("http://127.0.0.1:9/nobody"),
    }


def places(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every value in a call."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def changed(call: Json, path: tuple[str | int, ...], odd: bytes) -> bytes:
    """A call with an odd value at a place."""
    if not path:
        return odd
    made = deepcopy(call)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = "@@odd@@"
    return json.dumps(made).encode().replace(b'"@@odd@@"', odd)


CALLS = {path: (call, sorted(places(call), key=str)) for path, call in base_calls().items()}


FORM = {
    "grant_type": b"client_credentials",
    "scope": b"system/Questionnaire.rs",
    "client_assertion_type": b"urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": b"eyJhbGciOiJub25lIn0.e30.",
}
"""A request for an access token whose assertion nobody signed."""


def hostile_form(chance: Random) -> bytes:
    """Return a request for an access token with an odd value, a field that lacks, comes twice, or has an odd name."""
    fields = list(FORM.items())
    name = chance.choice(sorted(FORM))
    odd = chance.choice(ODD)
    how = chance.choice(("odd", "lacks", "twice", "named", "raw"))
    kept = [(key, value) for key, value in fields if key != name or how in {"twice", "named"}]
    more = {"odd": [(name, odd)], "twice": [(name, odd)], "named": [(repr(odd), odd)]}.get(how, [])
    text = urlencode(kept + more).encode()
    return text + b"&" + odd if how == "raw" else text
