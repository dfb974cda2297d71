"""Adaptive forms through HTTP, each form in both versions: an unknown chart, answers for and against, the ruling."""

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.application import create_app
from policies.model.truth import Truth
from tests.dtr.adaptive_parts import Json, answers, package, sections, stepped, walked
from tests.dtr.test_dtr_answered import determination, signed
from tests.dtr.test_dtr_round_trip import EVERY, PATHS, call, form_named, plain
from tests.service.calls import body


@pytest.fixture(scope="module")
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def begun(client: FlaskClient, container: Container, form_id: str, version: str) -> tuple[str, Json]:
    """Sign an order of an unknown chart; returns the assertion id and the draft of the adaptive form."""
    name = str(signed(client, body(call(form_named(container, form_id), version)))["coverage-assertion-id"])
    return name, package(client, PATHS[version], name, f"{form_id}-adaptive")[1]


@EVERY
def test_favourable_answers_are_met_and_the_first_failing_one_ends_the_form(
    client: FlaskClient, container: Container, form_id: str, version: str
) -> None:
    form = form_named(container, form_id)
    met = {name: plain(form, fact, Truth.MET) for name, fact in form.questions.items()}
    name, draft = begun(client, container, form_id, version)
    steps = walked(client, PATHS[version], draft, met)
    assert (determination(client, name)["ruling"], determination(client, name)["questions"]) == ("met", [])
    assert answers(steps[-1]).items() <= met.items()
    for section in sections(steps[-1]):
        facts = next(one.facts for one in form.sections if one.link_id == section)
        against = met | {fact.name: plain(form, fact, Truth.NOT_MET) for fact in facts}
        other, begun_again = begun(client, container, form_id, version)
        ended = walked(client, PATHS[version], begun_again, against)[-1]
        reached = next(sections(step) for step in steps if section in sections(step))
        assert (determination(client, other)["ruling"], sections(ended)) == ("not-met", reached)


@pytest.mark.parametrize("version", ["2.0", "2.2"])
@pytest.mark.parametrize("dropped", [{"extension", "meta"}, {"extension"}, set[str]()])
def test_a_step_at_the_common_base_is_of_the_version_of_its_determination(
    client: FlaskClient, container: Container, version: str, dropped: set[str]
) -> None:
    """A renderer drops the head of a response: then what it belongs to says how it was written."""
    _, draft = begun(client, container, "margetuximab-initial", version)
    bare = {name: part for name, part in draft.items() if name not in dropped}
    step = stepped(client, PATHS["2.2"], bare)
    (contained,) = step["contained"]
    is_older = version == "2.0"
    assert ("/fhir/dtr/2.0.1" in str(contained["extension"])) == is_older
    assert ("text" in contained) == is_older
    assert ("qr-coverage" not in str(step.get("extension", "qr-coverage"))) == (is_older and "extension" in step)
