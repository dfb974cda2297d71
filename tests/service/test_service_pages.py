"""Discovery, the policy pages and health, as their readers get them."""

import re
from datetime import date

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.pictures.policy_words import PolicyWords
from fhir_mappings.wording import wording
from hooks.definitions import prefetch_templates
from policies.catalogue import Catalogue
from policies.model.criteria import RequestKind
from policies.text.phrases import dosing_in_words, note_in_words
from policies.text.policy_text import doses_of
from policies.text.policy_view import request_views
from tests.world import compose, examples

CONTINUATION = {"indication", "response", "tolerability", "duration", "oncology-note", "imaging"}


@pytest.mark.requirement("hooks.4", "hooks.7", "hooks.8", "hooks.9", "hooks.10", "crd22.dev-1")
@pytest.mark.requirement("crd22.dev-2")
@pytest.mark.certification("cert.1.03")
def test_discovery_describes_the_service(client: FlaskClient) -> None:
    reply = client.get("/cds-services")
    service = reply.get_json()["services"][0]
    assert (service["id"], service["hook"]) == ("order-sign-crd", "order-sign")
    assert all(isinstance(service[name], str) and service[name] for name in ("title", "description"))
    assert service["extension"]["davinci-crd.version"] == ["2.0", "2.2"]


@pytest.mark.requirement("crd22.found-26")
def test_prefetch_uses_short_code_lists(client: FlaskClient) -> None:
    templates = client.get("/cds-services").get_json()["services"][0]["prefetch"]
    for template in templates.values():
        assert len(template.partition("code=")[2]) <= prefetch_templates.LONGEST_CODE_LIST


def test_templates_filled_in_are_uris_as_they_stand(client: FlaskClient) -> None:
    """Java's URI refuses what RFC 3986 does (a bare bar, say): such a client leaves the key out without a word."""
    for service in client.get("/cds-services").get_json()["services"]:
        for template in service["prefetch"].values():
            assert re.fullmatch(r"[A-Za-z0-9\-._~:/?@!$&'()*+,;=%]+", re.sub(r"{{[a-zA-Z.]+}}", "p1", template))


def test_a_code_list_that_would_be_too_long_is_left_out(
    policies_on_file: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefetch_templates, "LONGEST_CODE_LIST", 10)
    found = prefetch_templates.templates(policies_on_file)["observations"]
    assert found.startswith("Observation?patient={{context.patientId}}&")
    assert "code=" not in found


@pytest.mark.parametrize("policy_id", ["margetuximab", "elranatamab"])
def test_every_criterion_has_an_anchor_on_its_policys_page(container: Container, policy_id: str) -> None:
    client = create_app(container).test_client()
    page = client.get(f"/policies/{policy_id}").text
    policy = container.catalogue.versions(policy_id).policies[-1]
    ids = [node.id for kind in RequestKind for node in policy.requests[kind].nodes()]
    for name in dict.fromkeys(ids):
        assert page.count(f'id="{name}"') == 1, name
        assert f">{name}<" in page
    for node in policy.requests[RequestKind.INITIAL].nodes():
        assert node.says in page


def test_a_policys_page_says_that_one_disease_of_several_is_enough() -> None:
    """Each disease has criteria of its own, under 'all of', and the diseases stand under 'at least one of'."""
    page = create_app(compose(Settings(), examples())).test_client().get("/policies/pembrolizumab").text
    lines = re.findall(r'class="depth-(\d)[^"]*">\s*<span class="says">([^<]+)', page)
    start = lines.index(("0", "At least one of"))
    groups = lines[start : lines.index(("0", "At least one of"), start + 1)]
    assert groups.count(("1", "All of")) == 3
    assert groups[1:3] == [("1", "All of"), ("2", "Non-small cell lung cancer")]
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert '"small"> ·' not in page


def test_the_pages_show_the_policys_figures(client: FlaskClient) -> None:
    page = client.get("/policies/margetuximab").text
    for figure in (
        "J9353",
        "15 mg/kg",
        "May 6, 2026",
        "MP-RX-FP-56-23",
        "below 6.0",
        "2.0 or more",
        "6 months",
        "28 days",
    ):
        assert figure in page, figure
    assert "Earlier lines of systemic therapy for the advanced disease: 3 or more" in page
    other = client.get("/policies/elranatamab").text
    for figure in ("76 mg", "ECOG performance status: 2 or less", "Unacceptable toxicity: no"):
        assert figure in other, figure


def test_the_list_links_to_every_policy(client: FlaskClient) -> None:
    page = client.get("/policies").text
    assert 'href="/policies/margetuximab"' in page
    assert 'href="/policies/elranatamab"' in page
    assert client.get("/").headers["Location"] == "/policies"


def test_programs_get_json(client: FlaskClient) -> None:
    headers = {"Accept": "application/json"}
    listed = client.get("/policies", headers=headers).get_json()["policies"]
    assert [one["id"] for one in listed] == ["elranatamab", "margetuximab"]
    policy = client.get("/policies/margetuximab", headers=headers).get_json()
    assert policy["version"] == "2026-05-06"
    parts = policy["requests"]["continuation"]["all"]
    assert {part["id"].partition(".")[2] for part in parts if part["id"].startswith("continuation.")} == CONTINUATION
    assert policy["facts"]["her2_ihc_score"]["options"] == ["3+", "2+", "1+", "0", "negative"]


def test_a_version_can_be_named(client: FlaskClient) -> None:
    assert client.get("/policies/margetuximab?version=2026-05-06").status_code == 200
    assert client.get("/policies/margetuximab?version=2020-01-01").status_code == 404
    assert client.get("/policies/nothing").status_code == 404


def test_a_policy_can_be_read_before_it_is_in_force(policies_on_file: Catalogue) -> None:
    early = compose(Settings(), policies_on_file, date(2020, 1, 1))
    assert create_app(early).test_client().get("/policies/margetuximab").status_code == 200


def test_pages_load_nothing_from_elsewhere(client: FlaskClient) -> None:
    reply = client.get("/policies/margetuximab")
    allowed = reply.headers["Content-Security-Policy"]
    assert allowed.startswith("default-src 'none'")
    assert ('rel="icon" href="data:,"' in reply.text) == ("img-src data:" in allowed)
    assert not re.search(r'(src|href)="(https?:)?//', reply.text)
    with client.get("/static/page.css") as style:
        assert style.status_code == 200


def test_health(client: FlaskClient) -> None:
    """What is asked of readiness beside: tests/storage."""
    up = {"status": "up", "policies": 2}
    assert client.get("/health/live").get_json() == up
    checks = dict.fromkeys(("store", "disk", "policies", "key_sets"), "ok")
    assert client.get("/health/ready").get_json() == up | {"checks": checks}


def test_in_english_a_page_says_what_the_command_line_says(policies_on_file: Catalogue) -> None:
    """What the two say of tests, groups, places, doses and safety comes from two places, and is the same."""
    words = PolicyWords(wording())
    policies = [
        one for held in (policies_on_file, examples()) for name in held.ids for one in held.versions(name).policies
    ]
    assert len(policies) > 5
    for policy in policies:
        lines = [one for request in request_views(policy) for one in request.criteria]
        for line in lines:
            assert words.joins(line.node) == line.joins
            assert words.tested(line.node, line.fact) == line.tested
            assert words.place(line.node.section, line.place) == line.place
        for _, dosing in doses_of(policy):
            assert [one.text for one in words.dosing(dosing)] == list(dosing_in_words(dosing))
        for note in policy.figures.safety:
            head, said, beside = words.safety(note)
            assert f"{head}: {said.text}{' ' if beside else ''}{beside}" == note_in_words(note)


@pytest.mark.parametrize("path", ["/policies", "/policies/margetuximab", "/policies/elranatamab"])
def test_the_pages_are_in_the_readers_language(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Accept-Language": "es-PR,es;q=0.9,en;q=0.5"})
    assert '<html lang="es">' in page.text
    assert "Accept-Language" in page.headers["Vary"]
    ours = re.sub(r'<span lang="en">.*?</span>|<code>.*?</code>', "", page.text, flags=re.DOTALL)
    for english in (
        "Met when",
        "Lines of business",
        "In force",
        "or more",
        "at least one of",
        "Section ",
        "Safety",
        "every ",
    ):
        assert english not in ours, english
    if path.endswith("margetuximab"):
        assert "Se cumple cuando: Líneas anteriores" in ours
        assert "3 o más" in ours


@pytest.mark.parametrize(("language", "said"), [("en", "another method"), ("es", "otro método")])
def test_a_browser_is_told_what_is_wrong_in_its_language(client: FlaskClient, language: str, said: str) -> None:
    headers = {"Accept": "text/html", "Accept-Language": language}
    page = client.get("/forms/x/response", headers=headers)
    assert (page.status_code, said in page.text) == (405, True)
