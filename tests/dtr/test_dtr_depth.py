"""The setting max_depth holds for the bodies of DTR as for those of hooks."""

import pytest

from cds_service.app.settings import Settings
from cds_service.application import create_app
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.world import compose

ADDRESSES = ["Questionnaire/$questionnaire-package", "QuestionnaireResponse", "ValueSet/$expand"]


def nested(depth: int) -> bytes:
    return b'{"resourceType": "Other", "a": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_body_may_be_nested_as_deep_as_the_setting_says(policies_on_file: Catalogue, address: str) -> None:
    settings = Settings(base_url="https://cds.example.org", max_depth=10)
    client = create_app(compose(settings, policies_on_file, TODAY, new_engine())).test_client()

    def told(depth: int) -> str:
        reply = client.post(f"/fhir/{address}", data=nested(depth), content_type="application/fhir+json")
        assert reply.status_code == 400
        return str(reply.get_json()["issue"][0]["details"]["text"])

    assert "deep" in told(11)
    assert "deep" not in told(10)
