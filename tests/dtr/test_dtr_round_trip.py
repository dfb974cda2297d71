"""The whole way through HTTP: an unknown chart, its form, its answers, the determination. Every form, both versions.

Each case has a patient of its own, so that no answer is found again by another.
"""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from fhir_mappings.forms.form import Form, form_of
from policies.catalogue import Catalogue
from policies.evaluation.comparison import judge
from policies.model.criteria import Fact, Leaf, RequestKind, walk
from policies.model.fact_kinds import Answer
from policies.model.findings import Finding, Origin, Range, Value
from policies.model.truth import Truth
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.dtr.packages import parameters
from tests.dtr.test_dtr_answered import SAMPLES, Json, determination, filled, information, sent, signed
from tests.service.calls import body, coverage, in_version, medication_request, order_sign, searchset
from tests.world import compose

BASE = "https://cds.example.org"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
PATHS = {"2.0": "/fhir/dtr/2.0.1", "2.2": "/fhir"}
NAMES = {"2.0": "PackageBundle", "2.2": "packagebundle"}
FORMS = [f"{policy}-{kind.value}" for policy in ("elranatamab", "margetuximab") for kind in RequestKind]
EVERY = pytest.mark.parametrize(("form_id", "version"), [(one, version) for one in FORMS for version in PATHS])
OWN = "continuation.indication.authorization"
"""The other way to the indication: the payer's own authorization, of which this service has issued none here."""
WHO = count(1)


@pytest.fixture(scope="module")
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def form_named(container: Container, form_id: str) -> Form:
    policy, _, kind = form_id.rpartition("-")
    return form_of(container.catalogue.versions(policy).policies[-1], RequestKind(kind), BASE)


def call(form: Form, version: str) -> Json:
    """An order of which the chart knows nothing, but that the drug was begun 60 days before, where it is to go on."""
    who = f"p{next(WHO)}"
    subject = {"reference": f"Patient/{who}"}
    drug = {"system": HCPCS, "code": form.policy.figures.product.billing_code}
    begun = {
        "resourceType": "MedicationAdministration",
        "id": "dose1",
        "status": "completed",
        "subject": subject,
        "effectiveDateTime": "2026-04-02",
        "medicationCodeableConcept": {"coding": [drug]},
    }
    prefetch = {
        "patient": {"resourceType": "Patient", "id": who},
        "coverage": searchset(coverage(beneficiary=subject)),
        "medicationAdministrations": searchset(*([begun] if form.request is RequestKind.CONTINUATION else [])),
    }
    order = medication_request(drug, subject=subject, dosageInstruction=[{"text": "as planned"}])
    made = in_version(order_sign(order, prefetch=prefetch), version)
    made["context"]["patientId"] = who
    return made


def pulled(client: FlaskClient, name: str, version: str) -> tuple[Json, Json]:
    """The form and the draft of a determination."""
    content = {"resourceType": "Parameters", "parameter": [{"name": "context", "valueString": name}]}
    reply = client.post(f"{PATHS[version]}/Questionnaire/$questionnaire-package", json=content).get_json()
    (bundle,) = [one["resource"] for one in parameters(reply) if one["name"] == NAMES[version]]
    return bundle["entry"][0]["resource"], bundle["entry"][1]["resource"]


def leaves(form: Form) -> list[Leaf]:
    return [node for node in walk(form.policy.requests[form.request].criteria) if isinstance(node, Leaf)]


def candidates(fact: Fact) -> list[Value]:
    if fact.answer is Answer.YES_NO:
        return [True, False]
    return list(fact.options) or [Range.exactly(number) for number in range((fact.kind.highest or 9) + 1)]


def sorted_down(values: list[Value]) -> list[Value]:
    return values[::-1] if all(isinstance(one, Range) for one in values) else values


def plain(form: Form, fact: Fact, truth: Truth) -> Any:
    """An answer that makes every test on a fact come out so, as a person gives it.

    Of numbers that fail it is the greatest: none at all would contradict the drugs that are said to have been given.
    """
    tests = [leaf for leaf in leaves(form) if leaf.fact == fact.name]
    values = candidates(fact) if truth is Truth.MET else sorted_down(candidates(fact))
    found = (Finding.known(value, origin=Origin.ANSWER) for value in values)
    value = next(one.value for one in found if all(judge(leaf, fact, one) is truth for leaf in tests))
    return value.at_least if isinstance(value, Range) else value


def favourable(form: Form) -> dict[str, Any]:
    return {name: plain(form, fact, Truth.MET) for name, fact in form.questions.items()}


def asked(now: Json) -> list[str]:
    return [one["linkId"] for one in now["questions"]]


def started(client: FlaskClient, form: Form, version: str) -> tuple[str, Json, Json]:
    told = signed(client, body(call(form, version)))
    assert told["questionnaire"] == form.canonical
    name = told["coverage-assertion-id"]
    questionnaire, draft = pulled(client, name, version)
    assert f"{questionnaire['url']}|{questionnaire['version']}" == draft["questionnaire"] == form.canonical
    return name, questionnaire, draft


@EVERY
def test_an_unknown_chart_and_favourable_answers_meet_the_policy(
    client: FlaskClient, container: Container, form_id: str, version: str
) -> None:
    form = form_named(container, form_id)
    name, _, draft = started(client, form, version)
    before = determination(client, name)
    assert (before["ruling"], before["request"]) == ("unknown", form.request.value)
    assert asked(before) == list(form.questions)
    kept = sent(client, filled(draft, favourable(form)))
    told = information(kept["extension"])
    assert (told["coverage-assertion-id"], told["covered"], told["pa-needed"]) == (name, "covered", "auth-needed")
    now = determination(client, name)
    assert (now["ruling"], now["questions"], now["conflicts"]) == ("met", [], [])
    not_met = {one["id"] for one in now["criteria"] if one["truth"] != "met"}
    assert not_met == ({OWN} if form.request is RequestKind.CONTINUATION else set())


@EVERY
def test_each_unfavourable_answer_is_told_with_its_criterion(
    client: FlaskClient, container: Container, form_id: str, version: str
) -> None:
    form = form_named(container, form_id)
    for fact in (form.questions[one] for one in form.questions if one in form.required):
        name, _, draft = started(client, form, version)
        against = favourable(form) | {fact.name: plain(form, fact, Truth.NOT_MET)}
        told = information(sent(client, filled(draft, against))["extension"])
        now = determination(client, name)
        assert now["ruling"] == "not-met"
        failed = {one["id"] for one in now["criteria"] if one["truth"] == "not-met"}
        tests = {leaf.id for leaf in leaves(form) if leaf.fact == fact.name}
        assert tests <= failed
        assert (told["covered"], told["pa-needed"]) == ("covered", "auth-needed")
        says = next(leaf.says for leaf in leaves(form) if leaf.fact == fact.name)
        assert says.lower() in told["reason"]["text"].lower()


@EVERY
def test_of_two_ways_to_meet_a_criterion_both_have_to_fail(
    client: FlaskClient, container: Container, form_id: str, version: str
) -> None:
    form = form_named(container, form_id)
    ways = {name: fact for name, fact in form.questions.items() if name not in form.required}
    for failing in [{}, *({name: fact} for name, fact in ways.items()), ways]:
        name, _, draft = started(client, form, version)
        against = {one: plain(form, fact, Truth.NOT_MET) for one, fact in failing.items()}
        sent(client, filled(draft, favourable(form) | against))
        expected = "not-met" if failing and failing == ways else "met"
        assert determination(client, name)["ruling"] == expected


@EVERY
def test_what_is_left_out_is_asked_and_nothing_else(
    client: FlaskClient, container: Container, form_id: str, version: str
) -> None:
    form = form_named(container, form_id)
    for left in (one for one in form.questions if one in form.required):
        name, _, draft = started(client, form, version)
        given = {one: value for one, value in favourable(form).items() if one != left}
        told = information(sent(client, filled(draft, given, status="in-progress"))["extension"])
        now = determination(client, name)
        assert (now["ruling"], asked(now)) == ("unknown", [left])
        assert told["questionnaire"] == form.canonical
        questionnaire, later = pulled(client, name, version)
        open_now = left_open(later) & shown(questionnaire, later)
        assert open_now - documents(form) == {left} - documents(form)
        sent(client, filled(later, favourable(form)))
        assert determination(client, name)["ruling"] == "met"


def documents(form: Form) -> set[str]:
    """What is never filled in: it has to be attested to, or attached, each time."""
    return {name for name, fact in form.questions.items() if fact.kind.name == "document"} | {"request:attested"}


def left_open(draft: Json) -> set[str]:
    """The questions of a draft without an answer; the headings and the tables of lines are none."""
    return {
        one["linkId"]
        for section in draft["item"]
        for one in section["item"]
        if not one.get("answer") and ":lines" not in one["linkId"]
    }


def shown(form: Mapping[str, Any], draft: Json) -> set[str]:
    """The linkIds that a renderer shows after the answers of a draft: plain enableWhen with behavior any."""
    answers = {
        one["linkId"]: one["answer"][0] for section in draft["item"] for one in section["item"] if "answer" in one
    }

    def holds(line: Json) -> bool:
        answer = answers.get(line["question"])
        if line["operator"] == "exists":
            return (answer is None) is not line["answerBoolean"]
        kinds = ("Boolean", "Integer", "Coding")
        wanted = next(line[f"answer{kind}"] for kind in kinds if f"answer{kind}" in line)
        given = next((answer[f"value{kind}"] for kind in kinds if answer and f"value{kind}" in answer), None)
        if given is None or line["operator"] == "=":
            return bool(given == wanted)
        return bool(given > wanted if line["operator"] == ">" else given < wanted)

    items = [item for section in form["item"] for item in section["item"]]
    return {one["linkId"] for one in items if not one.get("enableWhen") or any(map(holds, one["enableWhen"]))}


@EVERY
def test_for_an_empty_chart_every_criterion_is_asked_once(
    client: FlaskClient, container: Container, form_id: str, version: str
) -> None:
    form = form_named(container, form_id)
    _, questionnaire, draft = started(client, form, version)
    attested = {"request:attested"} if form.documentation is not None else set()
    assert left_open(draft) == set(form.questions) | attested
    assert left_open(draft) <= shown(questionnaire, draft)
    names = [one["linkId"] for section in questionnaire["item"] for one in section["item"]]
    assert len(names) == len(set(names))
    settled = {name for name, fact in form.policy.facts.items() if not fact.ask}
    assert {leaf.fact for leaf in leaves(form)} - settled == set(form.questions)


PROVEN = {
    "margetuximab-initial": "01-margetuximab-everything-met",
    "elranatamab-initial": "07-elranatamab-four-lines-met",
    "margetuximab-continuation": "06-margetuximab-continuation-stable",
}


@pytest.mark.requirement("dtr22.spec-56")
@pytest.mark.parametrize("version", PATHS)
@pytest.mark.parametrize("form_id", PROVEN)
def test_for_a_chart_that_proves_everything_only_what_has_to_be_attested_is_left(
    policies_on_file: Catalogue, form_id: str, version: str
) -> None:
    """That no toxicity occurred is proven by no chart: of a continuation a person has to say it."""
    container = compose(Settings(base_url=BASE), policies_on_file, TODAY, new_engine())
    client, form = create_app(container).test_client(), form_named(container, form_id)
    content = json.loads((SAMPLES / f"{PROVEN[form_id]}.json").read_bytes())
    name = signed(client, json.dumps(in_version(content, version)).encode())["coverage-assertion-id"]
    questionnaire, draft = pulled(client, name, version)
    left = left_open(draft) & shown(questionnaire, draft)
    said = {"unacceptable_toxicity"} if form.request is RequestKind.CONTINUATION else set()
    proposed = {f"{one}:confirm" for one in documents(form)}
    assert left - said <= documents(form) | proposed
    given = {one: plain(form, form.questions[one], Truth.MET) for one in left if one in form.questions}
    sent(client, filled(draft, given | {"request:attested": True}))
    assert determination(client, name)["ruling"] == "met"
