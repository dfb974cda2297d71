"""What the public certification tests of DTR 2.0.1 assert of our answers, by id (docs/certification.csv).

The tester's base is `/fhir/dtr/2.0.1`. A call brings coverage and order, and no context: the kit has called no hook.
"""

import json

import pytest
from fhir.resources.R4B.parameters import Parameters
from flask.testing import FlaskClient

from tests.dtr.test_dtr_package import OLD, Json, asked, of_coverage, order


@pytest.fixture
def static(client: FlaskClient) -> Json:
    """A package as the kit asks for it."""
    reply = asked(client, of_coverage(), order(), url=OLD)
    assert reply.status_code in {200, 201}
    return dict(json.loads(reply.data))


@pytest.mark.certification("cert.dtr.1.03")
def test_a_static_package_is_parameters_with_a_bundle_in_it(static: Json) -> None:
    Parameters.model_validate(static)
    found = [one for one in static["parameter"] if one["name"] == "PackageBundle"]
    assert found
    for one in found:
        bundle = one["resource"]
        assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
        assert bundle["entry"][0]["resource"]["resourceType"] == "Questionnaire"
    assert {one["name"] for one in static["parameter"]} <= {"PackageBundle", "operationOutcome"}
