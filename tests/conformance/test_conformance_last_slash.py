"""Every address of the FHIR bases and of discovery that is read answers with a slash at its end as without."""

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.application import create_app

PATHS = (
    "/cds-services",
    "/{base}/metadata",
    "/{base}/Questionnaire",
    "/{base}/Questionnaire/margetuximab-initial",
    "/{base}/ValueSet",
    "/{base}/CodeSystem",
    "/{base}/Library",
    "/{base}/Questionnaire/none",
    "/{base}/QuestionnaireResponse/none",
)


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("base", ["fhir", "fhir/dtr/2.0.1"])
def test_a_slash_at_the_end_changes_nothing(client: FlaskClient, path: str, base: str) -> None:
    at = path.format(base=base)
    plain, slashed = client.get(at), client.get(f"{at}/")
    assert (slashed.status_code, slashed.data) == (plain.status_code, plain.data)


def test_no_address_that_is_read_under_a_base_is_strict(container: Container) -> None:
    read = (one for one in create_app(container).url_map.iter_rules() if "GET" in (one.methods or ()))
    ours = [one for one in read if one.rule.startswith(("/fhir", "/cds-services"))]
    assert ours
    assert [one.rule for one in ours if one.strict_slashes is not False] == []
