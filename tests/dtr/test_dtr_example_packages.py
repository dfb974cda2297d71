"""Every form of the example policies as a package, in both versions of DTR, static and adaptive.

What is sent here goes past HL7's validator with all else (`make validate`): forms, libraries and value sets.
"""

from datetime import date

import pytest
from flask.testing import FlaskClient

from cds_service.app.settings import Settings
from cds_service.application import create_app
from fhir_mappings.cql.expressions import INITIAL
from fhir_mappings.forms.form import Form, forms_of
from policies.model.fact_kinds import Answer
from tests.databases import new_engine
from tests.dtr.adaptive_parts import Json, items
from tests.dtr.test_dtr_package import asked, bundles, canonical, form, of_coverage, order
from tests.dtr.test_dtr_round_trip import NAMES, PATHS, call
from tests.world import compose, examples

BASE = "https://cds.example.org"
FORMS = forms_of(examples(), BASE)
PACKAGE = "/Questionnaire/$questionnaire-package"
pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app(compose(Settings(base_url=BASE), examples(), date(2026, 12, 10), new_engine())).test_client()


def drug_of(made: Json) -> Json:
    (entry, *_) = made["context"]["draftOrders"]["entry"]
    return dict(entry["resource"]["medicationCodeableConcept"]["coding"][0])


@pytest.mark.parametrize("version", PATHS)
@pytest.mark.parametrize("ending", ["", "-adaptive"])
@pytest.mark.parametrize("of", FORMS, ids=lambda one: one.id)
def test_each_form_comes_with_its_logic_and_value_sets(
    of: Form, ending: str, version: str, client: FlaskClient
) -> None:
    ordered = order(drug_of(call(of, version)), authoredOn="2026-12-10")
    asked_for = canonical(f"{of.url}{ending}")
    reply = asked(client, of_coverage(), ordered, asked_for, url=PATHS[version] + PACKAGE)
    (bundle,) = bundles(reply, NAMES[version])
    assert form(bundle)["url"] == f"{of.url}{ending}"
    if ending:
        return
    shown = {one["linkId"]: one for one in items(form(bundle))}
    assert of.questions.keys() <= shown.keys()
    measured = [name for name, fact in of.questions.items() if fact.answer is Answer.MEASURE]
    for name in measured:
        urls = [one["url"] for one in shown[name]["extension"]]
        is_alone = version == "2.0" and INITIAL in urls
        assert is_alone or any(one.endswith("questionnaire-unit") for one in urls)
