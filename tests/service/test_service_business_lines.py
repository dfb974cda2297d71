"""One drug under two policies by line of business: whoever chooses, chooses the member's, or says that it cannot."""

import json
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec import convert

from cds_service.app.container import Container
from cds_service.app.settings import Settings, SettingsError
from cds_service.app.settings_file import load
from cds_service.application import create_app
from cds_service.commands.evaluate import Evaluator
from cds_service.commands.main import main
from cds_service.forms.trial import Asked, tried
from cds_service.forms.trial_policies import TrialPolicies
from fhir_mappings.coverage.business_lines import BusinessLines
from hooks.protocol.payer import CardDetail
from policies.catalogue import Catalogue
from policies.model.policy import Policy
from tests import world
from tests.databases import new_engine
from tests.dtr.test_dtr_answered import ANSWERS, draft, filled, refused, sent, signed
from tests.prior_auth.conftest import BASE, Payer
from tests.prior_auth.request_bundles import request_of, response, sample
from tests.service.calls import body, coverage, order_sign, searchset
from tests.world import TODAY

Json = dict[str, Any]
MET = "01"
SOPT = "https://nahdo.org/sopt"
LINES = (
    {
        "name": "medicare",
        "types": ({"system": SOPT, "code": "111"},),
        "classes": ({"type": "plan", "value": "H4003"},),
    },
    {"name": "commercial", "classes": ({"type": "plan", "value": "GOLD"}, {"type": "group", "value": "G-7"})},
    {"name": "medicaid", "types": ({"system": SOPT, "code": "2"},)},
)
PATIENT = {"resourceType": "Patient", "id": "p1"}
MEDICARE, COMMERCIAL = "margetuximab", "margetuximab-commercial"


@cache
def by_line() -> Catalogue:
    """The world, with margetuximab twice: for six months under Medicare, for two in commercial plans."""
    known = world.policies()
    others = [one for one in known.all if one.id != MEDICARE]
    return Catalogue(
        (*others, *(two for one in known.versions(MEDICARE).policies for two in _two(one))), known.terminology
    )


def _two(policy: Policy) -> tuple[Policy, Policy]:
    months = replace(policy.figures, authorization_months=2)
    return (
        replace(policy, holds_for=("medicare",)),
        replace(policy, id=COMMERCIAL, holds_for=("commercial",), figures=months),
    )


def container(known: Catalogue | None = None, *, store: bool = True, **settings: Any) -> Container:
    made = {"base_url": BASE, "automatic_approval": True, "lines_of_business": LINES} | settings
    return world.compose(convert(made, Settings), known or by_line(), TODAY, new_engine() if store else None)


def service(**settings: Any) -> Payer:
    found = container(**settings)
    return Payer(found, create_app(found).test_client())


def plan(code: str, value: str) -> Json:
    system = "http://terminology.hl7.org/CodeSystem/coverage-class"
    return {"type": {"coding": [{"system": system, "code": code}]}, "value": value}


def kind(code: str) -> Json:
    return {"coding": [{"system": SOPT, "code": code}]}


def insured(call: Json, **members: Any) -> Json:
    """A call whose Coverage has other members."""
    found = deepcopy(call)
    for one in found["prefetch"]["coverage"]["entry"]:
        if one["resource"]["resourceType"] == "Coverage":
            one["resource"] |= members
    return found


UNKNOWN: tuple[Json, ...] = (
    {},
    {"class": [plan("plan", "SILVER")]},
    {"class": [plan("group", "H4003")]},
    {"class": [plan("plan", "gold")]},
    {"type": {"coding": [{"system": "https://example.org/other", "code": "111"}]}},
    {"type": {"text": "Medicare"}},
    # What says two lines says none; what cannot be read neither.
    {"class": [plan("plan", "GOLD"), plan("plan", "H4003")]},
    {"type": kind("111"), "class": [plan("group", "G-7")]},
    {"class": "GOLD"},
    {"class": [{"value": "GOLD"}]},
    {"type": 7},
)


@pytest.fixture(scope="module")
def payer() -> Payer:
    return service()


@pytest.mark.parametrize(
    ("members", "end"),
    [
        ({"class": [plan("plan", "H4003")]}, "2027-05-24"),
        ({"type": kind("111")}, "2027-05-24"),
        ({"class": [plan("group", "X"), plan("group", "G-7")]}, "2027-01-24"),
        ({"class": [plan("plan", "GOLD"), plan("group", "G-7")]}, "2027-01-24"),
    ],
)
def test_the_coverage_s_kind_plan_or_group_chooses_the_policy(members: Json, end: str) -> None:
    told = service().sign(insured(sample(MET), **members))
    assert told["pa-needed"] == "satisfied"
    assert end in json.dumps(told)


@pytest.mark.parametrize("members", UNKNOWN)
def test_where_the_line_is_not_known_nothing_is_authorized_and_the_plan_is_to_be_asked(
    members: Json, payer: Payer
) -> None:
    told = payer.sign(insured(sample(MET), **members))
    assert (told["covered"], told["pa-needed"]) == ("conditional", "conditional")
    assert "commercial, medicare" in told["reason"]["text"]
    assert "questionnaire" not in told
    assert "satisfied-pa-id" not in told


def test_an_authorization_holds_where_the_line_is_not_known_any_more() -> None:
    """What is unknown takes nothing back; where the line is known to be another, the policy is another one."""
    payer = service()
    gold = payer.sign(insured(sample(MET), **{"class": [plan("plan", "GOLD")]}))
    assert gold["pa-needed"] == "satisfied"
    again = payer.sign(sample(MET))
    assert (again["pa-needed"], again["satisfied-pa-id"]) == ("satisfied", gold["satisfied-pa-id"])
    assert payer.sign(insured(sample(MET), type=kind("2")))["pa-needed"] == "conditional"


def test_where_no_policy_is_for_the_line_the_operator_s_words_for_such_orders_stand(payer: Payer) -> None:
    told = payer.sign(insured(sample(MET), type=kind("2")))
    assert (told["covered"], told["pa-needed"]) == ("conditional", "conditional")
    assert "none for this member's line of business" in told["reason"]["text"]


def test_what_the_operator_says_of_orders_without_a_policy_is_not_said_where_the_line_is_not_known() -> None:
    free = {"covered": "covered", "pa_needed": "no-auth", "reason": "Nothing is needed."}
    open_handed = service(orders_without_policy=free)
    assert open_handed.sign(insured(sample(MET), type=kind("2")))["pa-needed"] == "no-auth"
    assert open_handed.sign(sample(MET))["pa-needed"] == "conditional"


@pytest.mark.parametrize("detail", CardDetail)
@pytest.mark.parametrize(
    ("members", "english", "spanish"),
    [
        ({}, "line of business", "línea de negocio"),
        ({"type": kind("2")}, "no policy is for this member's line", "ninguna política es para la línea"),
    ],
)
def test_the_card_says_what_is_open(members: Json, english: str, spanish: str, detail: CardDetail) -> None:
    for language, words in (("en", english), ("es", spanish)):
        found = service(language=language).container
        answering = replace(found.order_sign, payer=replace(found.order_sign.payer, card_detail=detail))
        reply = json.loads(answering.answer(json.dumps(insured(sample(MET), **members)).encode()).body)
        (card,) = [one for one in reply["cards"] if words in one["summary"]]
        assert card["indicator"] == "info"
        assert len(card["summary"]) < 140


def test_what_is_selected_is_judged_by_the_member_s_policy(payer: Payer) -> None:
    for members, number in (({"class": [plan("plan", "GOLD")]}, 1), ({}, 0)):
        call = insured(sample("15"), **members)
        reply = json.loads(payer.client.post("/cds-services/order-select-crd", data=json.dumps(call)).data)
        assert json.dumps(reply).count(f"/policies/{COMMERCIAL}?") >= number
        assert ("line of business" in json.dumps(reply)) is (number == 0)


def test_prior_authorization_chooses_as_the_hook_does() -> None:
    paying = service()
    gold = request_of(insured(sample(MET), **{"class": [plan("plan", "GOLD")]}), "111")
    assert "Jan 24, 2027" in json.dumps(response(paying.submit(gold)))
    unknown = json.dumps(response(service().submit(request_of(sample(MET), "222"))))
    assert "depends on the line of business" in unknown
    assert "itemPreAuthPeriod" not in unknown


def test_a_package_holds_the_form_of_the_member_s_policy() -> None:
    payer = service()
    for members, form in (
        ({"class": [plan("plan", "GOLD")]}, COMMERCIAL),
        ({"class": [plan("plan", "H4003")]}, MEDICARE),
        ({}, ""),
    ):
        call = insured(sample(MET), **members)
        brought = call["prefetch"]["coverage"]["entry"][0]["resource"]
        order = call["context"]["draftOrders"]["entry"][0]["resource"]
        asked = {
            "resourceType": "Parameters",
            "parameter": [{"name": "coverage", "resource": brought}, {"name": "order", "resource": order}],
        }
        reply = payer.client.post("/fhir/Questionnaire/$questionnaire-package", data=json.dumps(asked)).get_json()
        urls = [url for url in _urls(reply) if "/Questionnaire/margetuximab" in url]
        assert {url.rpartition("/")[2].rpartition("-initial")[0] for url in urls} == ({form} if form else set())
        assert form or "the member's is not known" in json.dumps(reply)


def _urls(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["url"]] if value.get("resourceType") == "Questionnaire" else []
        return own + [url for one in value.values() for url in _urls(one)]
    return [url for one in value for url in _urls(one)] if isinstance(value, list) else []


def test_an_answer_to_the_questions_of_another_policy_is_not_taken() -> None:
    """The plan means another line by the same group since the form was sent."""
    engine = new_engine()
    turned = [{"name": "medicare", "classes": ({"type": "plan", "value": "GOLD"},)}, {"name": "commercial"}]
    asked, answered = (
        create_app(
            world.compose(convert({"base_url": BASE, "lines_of_business": lines}, Settings), by_line(), TODAY, engine)
        ).test_client()
        for lines in (LINES, turned)
    )
    call = order_sign(
        prefetch={"patient": PATIENT, "coverage": searchset(coverage(**{"class": [plan("plan", "GOLD")]}))}
    )
    name = signed(asked, body(call))["coverage-assertion-id"]
    response = filled(draft(asked, name), ANSWERS)
    assert any("another policy" in one for one in refused(answered, response))
    assert sent(asked, response)["status"] == "completed"


def test_the_payer_s_own_record_goes_before_what_the_coverage_says(tmp_path: Path) -> None:
    file = tmp_path / "members.toml"
    call = sample(MET)
    born, number = call["prefetch"]["patient"]["birthDate"], "MEMBER-01-SYNTHETIC"
    for line, end in (("commercial", "2027-01-24"), ("medicare", "2027-05-24")):
        file.write_text(
            f'[[members]]\nnumber = "{number}"\nfamily = "Ficticia"\nbirth_date = {born}\nline_of_business = "{line}"\n'
        )
        told = service(member_directory={"file": str(file)}).sign(insured(call, **{"class": [plan("plan", "GOLD")]}))
        assert end in told["reason"]["text"]
    file.write_text(file.read_text().replace("medicare", "medcare"))
    with pytest.raises(SettingsError, match="it lacks 'medcare', which a member of the directory names"):
        container(member_directory={"file": str(file)}, store=False)


def test_a_line_that_a_policy_names_and_the_settings_lack_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="it lacks 'commercial', which policy margetuximab-commercial of"):
        container(lines_of_business=LINES[:1], store=False)
    assert container(lines_of_business=(), store=False)


PLAN_1 = "classes = [{type = 'plan', value = '1'}]"


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ("[{name = ''}]", "each has a name of its own"),
        ("[{name = 'a'}, {name = 'a'}]", "each has a name of its own"),
        (f"[{{name = 'a', {PLAN_1}}}, {{name = 'b', {PLAN_1}}}]", "'plan 1' cannot mean a and b"),
        ("[{name = 'a', plans = ['1']}]", "unknown field"),
    ],
)
def test_lines_that_cannot_be_told_apart_stop_the_start(lines: str, cause: str, tmp_path: Path) -> None:
    (tmp_path / "cds-service.toml").write_text(f"lines_of_business = {lines}", encoding="utf-8")
    with pytest.raises(SettingsError, match=cause):
        load({}, tmp_path)


def test_evaluate_judges_by_the_coverage_or_by_the_line_that_is_named(tmp_path: Path) -> None:
    service = container(store=False).order_sign
    file = tmp_path / "call.json"
    for members, expected in (({}, None), ({"class": [plan("plan", "GOLD")]}, COMMERCIAL)):
        file.write_text(json.dumps(insured(sample(MET), **members)), encoding="utf-8")
        (order,) = Evaluator(service).call(file)["orders"]
        assert (order["policy"] or {}).get("id") == expected
    lines = BusinessLines(always="medicare")
    of_line = replace(service, payer=replace(service.payer, lines=lines))
    (order,) = Evaluator(of_line).call(file)["orders"]
    assert order["policy"]["id"] == MEDICARE


def test_the_command_refuses_a_line_that_nobody_names() -> None:
    run = CliRunner().invoke(main, ["evaluate", "--line-of-business", "medicare", "call.json"])
    assert run.exit_code == 2
    assert "there is no line of business 'medicare'; the settings and policies name: none" in run.output


def test_a_chart_that_is_tried_is_that_of_a_member_of_the_policy_s_line() -> None:
    service = container(store=False).order_sign
    brought = sample(MET)["prefetch"]
    records = [one["resource"] for name, page in brought.items() if name != "patient" for one in page.get("entry", ())]
    clinical = [one for one in records if one["resourceType"] not in {"Coverage", "Organization"}]
    chart = json.dumps(searchset(brought["patient"], *clinical))
    for policy in (COMMERCIAL, MEDICARE):
        (order,) = tried(TrialPolicies(service), Asked(chart, policy), service.say).orders
        assert order.report["policy"]["id"] == policy
    call = json.dumps(sample(MET))
    (order,) = tried(TrialPolicies(service), Asked(call, COMMERCIAL), service.say).orders
    assert order.report["policy"] is None


def test_the_page_of_a_policy_says_for_which_lines_it_is(payer: Payer) -> None:
    page = payer.client.get(f"/policies/{COMMERCIAL}").get_data(as_text=True)
    assert "Chosen for these lines only" in page
    assert "Chosen for these lines only" not in payer.client.get("/policies/elranatamab").get_data(as_text=True)
