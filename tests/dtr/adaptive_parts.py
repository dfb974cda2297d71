"""What the tests of adaptive forms share: a patient of its own for each, a package, and answers put into a response."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.dtr.packages import parameters
from tests.service.calls import order_sign

Json = dict[str, Any]
HOME = "https://cds.example.org/fhir"
BASES = ("/fhir", "/fhir/dtr/2.0.1")
VERSIONS = {"/fhir": "2.2", "/fhir/dtr/2.0.1": "2.0"}
FAVOURABLE: Json = {
    "breast_cancer": True,
    "disease_extent": "metastatic",
    "her2_ihc_score": "3+",
    "prior_anti_her2_therapies": 2,
    "prior_anti_her2_therapies_metastatic": 1,
    "prior_lines_advanced": 3,
    "combination_partner": "vinorelbine",
}
_PATIENTS = count(100)


def signed(client: FlaskClient, base: str, call: Json | None = None) -> str:
    """Sign an order for a new patient and member, and return the assertion id: an authorization is the member's."""
    made = {**(call or order_sign()), "extension": {"davinci-crd.requestedVersion": VERSIONS[base]}}
    old, new = made["context"]["patientId"], f"p{next(_PATIENTS)}"
    content = json.dumps(made).replace(f'"{old}"', f'"{new}"').replace(f"Patient/{old}", f"Patient/{new}")
    for member in set(re.findall(r'"subscriberId": "([^"]*)"', content)):
        content = content.replace(f'"{member}"', f'"{member}-{new}"')
    reply = client.post("/cds-services/order-sign-crd", data=content).get_json()
    return str(information(reply["systemActions"][0]["resource"])["coverage-assertion-id"])


def information(resource: Json) -> Json:
    (ours,) = [one["extension"] for one in resource["extension"] if one["url"].endswith("ext-coverage-information")]
    return {part["url"]: next(value for name, value in part.items() if name != "url") for part in ours}


def package(client: FlaskClient, base: str, name: str, form: str = "margetuximab-initial-adaptive") -> list[Json]:
    """Return the Questionnaire and the draft of a package for a determination."""
    named = {"name": "questionnaire", "valueCanonical": f"{HOME}/Questionnaire/{form}"}
    asked = {"resourceType": "Parameters", "parameter": [{"name": "context", "valueString": name}, named]}
    reply = client.post(f"{base}/Questionnaire/$questionnaire-package", json=asked)
    assert reply.status_code == 200, reply.text
    (bundle,) = [one["resource"] for one in parameters(reply.get_json())]
    return [one["resource"] for one in bundle["entry"]][:2]


def posted(
    client: FlaskClient, base: str, content: Json, address: str = "/Questionnaire/$next-question"
) -> TestResponse:
    return client.post(f"{base}{address}", json=content)


def stepped(client: FlaskClient, base: str, content: Json) -> Json:
    reply = posted(client, base, content)
    assert (reply.status_code, reply.content_type) == (200, "application/fhir+json"), reply.text
    return dict(reply.get_json())


def items(resource: Json) -> Iterator[Json]:
    for one in resource.get("item", ()):
        yield one
        yield from items(one)


def asked(response: Json) -> list[str]:
    """Return the questions without an answer, in reading order."""
    return [one["linkId"] for one in items(response) if "item" not in one and "answer" not in one]


def answers(response: Json) -> Json:
    return {one["linkId"]: _value(one["answer"][0]) for one in items(response) if "answer" in one}


def sections(response: Json) -> list[str]:
    return [one["linkId"] for one in response.get("item", ())]


def answered(response: Json, given: Json) -> Json:
    """Answer what is asked, as a person does; what is answered already stays."""
    made = deepcopy(response)
    for one in items(made):
        if one["linkId"] in given and "answer" not in one:
            one["answer"] = [_typed(given[one["linkId"]])]
    return made


def walked(client: FlaskClient, base: str, draft: Json, given: Json) -> list[Json]:
    """Answer step by step until the form is completed; returns each step."""
    steps = [stepped(client, base, draft)]
    while steps[-1]["status"] != "completed":
        assert len(steps) < 12
        steps.append(stepped(client, base, answered(steps[-1], given)))
    return steps


def _typed(value: Any) -> Json:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int):
        return {"valueInteger": value}
    return {"valueCoding": {"system": f"{HOME}/CodeSystem/answers", "code": value, "display": value}}


def _value(answer: Json) -> Any:
    found = next(value for name, value in answer.items() if name.startswith("value"))
    return found["code"] if isinstance(found, dict) else found
