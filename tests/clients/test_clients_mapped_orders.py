"""An order by a site's own product code: judged as with the code that is meant, sent back as it came, and named."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cds_service.application import operations_of
from cds_service.commands.main import main
from cds_service.dtr.dtr_versions import DTR_2_2
from cds_service.form_packages.package_input import read_package_input
from tests.clients.test_clients_mappings import (
    CHART,
    CLIENTS,
    LOCAL,
    NORTH,
    SOUTH,
    determined,
    mapping,
    serving,
)
from tests.conftest import TODAY
from tests.dtr.packages import parameters
from tests.dtr.test_dtr_proposals import criteria
from tests.service.calls import MARGETUXIMAB, RXNORM, body, coverage, medication_request, order_sign, searchset

Json = dict[str, Any]
__all__ = ["serving"]
PRODUCT = mapping("ERX-9", RXNORM, MARGETUXIMAB["code"])
UNNAMED = "the product is not named by a code"
DAY = timedelta(days=1)


def call_of(*codings: Json, **members: Any) -> bytes:
    order = medication_request(MARGETUXIMAB, authoredOn="2026-11-20")
    order["medicationCodeableConcept"] = {"coding": list(codings)}
    prefetch = {"patient": {"resourceType": "Patient", "id": "p1"}, "coverage": searchset(coverage())}
    return body(order_sign(order | members, prefetch=prefetch | {"chart": searchset(*CHART)}))


SITE = {"system": LOCAL, "code": "ERX-9", "display": "margetuximab 250 mg vial"}


def ours() -> bytes:
    return call_of({"system": RXNORM, "code": PRODUCT["means_code"]})


def test_an_order_by_a_sites_own_code_is_judged_as_by_the_code_that_is_meant(serving: Any) -> None:
    _, mapped = determined(serving(PRODUCT), call_of(SITE))
    _, known = determined(serving(PRODUCT), ours())
    assert (criteria(mapped), mapped["ruling"]) == (criteria(known), known["ruling"])
    (named,) = [one for one in mapped["site_codes"] if one["reference"] == mapped["order"]]
    assert named["note"] == (
        f"Site code {LOCAL}|ERX-9 = {RXNORM}|{PRODUCT['means_code']}, confirmed by A. Analyst on 2026-01-01."
    )
    assert "site_codes" not in known


def test_the_order_is_sent_back_as_it_came_with_the_extension_only(serving: Any) -> None:
    told = json.loads(serving(PRODUCT).order_sign.answer(call_of(SITE), NORTH).body)
    (action,) = told["systemActions"]
    assert action["resource"]["medicationCodeableConcept"] == {"coding": [SITE]}


@pytest.mark.parametrize("days", [-2, 2])
def test_on_other_days_the_order_names_no_product(serving: Any, days: int) -> None:
    ended = PRODUCT | {"from": TODAY - DAY, "until": TODAY + DAY}
    assert outcome(serving(ended, on=TODAY + days * DAY), call_of(SITE)) == UNNAMED


def test_to_another_client_the_order_names_no_product(serving: Any) -> None:
    assert outcome(serving(PRODUCT), call_of(SITE), SOUTH) == UNNAMED


@pytest.mark.parametrize(
    "beside",
    [{"system": RXNORM, "code": "224905"}, {"system": RXNORM, "code": "35636"}, {"system": LOCAL, "code": "ERX-8"}],
    ids=["another drug of ours", "a drug that is none of ours", "another site code"],
)
def test_a_code_beside_it_that_says_otherwise_leaves_the_product_open(serving: Any, beside: Json) -> None:
    other = mapping("ERX-8", RXNORM, "224905")
    assert outcome(serving(PRODUCT, other), call_of(SITE, beside)) == UNNAMED


def outcome(container: Any, content: bytes, caller: Any = NORTH) -> str:
    """What became of the order, by the explanation of the answer."""
    told = json.loads(container.order_sign.answer(content, caller).body)
    (order,) = told["extension"]["cds-service.explain"]["orders"]
    return str(order["outcome"])


def packaged(container: Any, *orders: Json, tenant: str | None = "north", **more: Json) -> dict[str, str]:
    """Ask for forms by orders alone; return the determination of each draft by the form."""
    parts = [{"name": "coverage", "resource": coverage()}, *({"name": "order", "resource": one} for one in orders)]
    parts += [{"name": name, "resource": one} for name, one in more.items()]
    asked = read_package_input(json.dumps({"resourceType": "Parameters", "parameter": parts}).encode(), 64)
    content = operations_of(container).packaging.answer(asked, DTR_2_2, tenant)
    found = [one["resource"]["entry"] for one in parameters(content) if one["name"] != "outcome"]
    return {one[0]["resource"]["id"]: one[1]["resource"].get("identifier", {}).get("value", "") for one in found}


def ordered(content: bytes) -> Json:
    (entry,) = json.loads(content)["context"]["draftOrders"]["entry"]
    return dict(entry["resource"])


def test_a_package_by_an_order_in_a_sites_own_code_is_that_of_the_code_that_is_meant(serving: Any) -> None:
    order = ordered(call_of(SITE))
    assert packaged(serving(PRODUCT), order) == {"margetuximab-initial": ""}
    assert packaged(serving(PRODUCT), order, tenant="south") == {}
    assert packaged(serving(PRODUCT), order, tenant=None) == {}, "an administrator is no client"
    assert packaged(serving(PRODUCT | {"until": TODAY - DAY}), order) == {}
    torn = ordered(call_of(SITE, {"system": RXNORM, "code": "224905"}))
    assert packaged(serving(PRODUCT), torn) == {}


def test_so_is_one_whose_product_stands_in_a_medication(serving: Any) -> None:
    order = {name: one for name, one in ordered(call_of(SITE)).items() if name != "medicationCodeableConcept"}
    product = {"resourceType": "Medication", "id": "m1", "code": {"coding": [SITE]}}
    pointing = order | {"medicationReference": {"reference": "Medication/m1"}}
    assert packaged(serving(PRODUCT), pointing, referenced=product) == {"margetuximab-initial": ""}
    inside = order | {"medicationReference": {"reference": "#m1"}, "contained": [product]}
    assert packaged(serving(PRODUCT), inside) == {"margetuximab-initial": ""}


def test_a_package_finds_the_determination_of_an_order_in_a_sites_own_code(serving: Any) -> None:
    container = serving(PRODUCT)
    name, _ = determined(container, call_of(SITE))
    assert packaged(container, ordered(call_of(SITE))) == {"margetuximab-initial": name}


@pytest.mark.parametrize(
    ("options", "server", "outcome"),
    [
        (("--client", "north"), "https://elsewhere.example.org/fhir", "met"),
        (("--client", "south"), "https://north.example.org/fhir", None),
        ((), "https://north.example.org/fhir", "met"),
        ((), "https://NORTH.example.org/fhir/", "met"),
        ((), "https://south.example.org/fhir", None),
        ((), "", None),
    ],
)
def test_evaluate_judges_in_the_name_of_a_client(
    tmp_path: Path, options: tuple[str, ...], server: str, outcome: str | None
) -> None:
    """The one that is named, else the one whose FHIR server the call names."""
    call = {**json.loads(call_of(SITE)), "fhirServer": server or None}
    (tmp_path / "call.json").write_text(json.dumps(call), encoding="utf-8")
    result = evaluated(tmp_path, str(tmp_path / "call.json"), *options)
    (order,) = json.loads(result.stdout)[0]["orders"]
    assert (order["policy"] is None) == (outcome is None)


def test_evaluate_judges_a_plain_chart_in_the_name_of_a_client_too(tmp_path: Path) -> None:
    (tmp_path / "chart.json").write_text(json.dumps(searchset({"resourceType": "Patient", "id": "p1"}, *CHART)))
    sent = ("--chart", str(tmp_path / "chart.json"), "--order", f"{LOCAL}|ERX-9")
    assert json.loads(evaluated(tmp_path, *sent, "--client", "north").stdout)[0]["orders"][0]["policy"]
    assert not json.loads(evaluated(tmp_path, *sent).stdout)[0]["orders"][0]["policy"]
    unknown = evaluated(tmp_path, *sent, "--client", "west")
    assert (unknown.exit_code, "no client 'west'" in unknown.stderr) == (2, True)


def evaluated(folder: Path, *arguments: str) -> Result:
    """Run evaluate with two clients, the first of which has the mapping."""
    clients = [one | {"fhir_servers": [f"https://{one['name']}.example.org/fhir"]} for one in CLIENTS]
    tables = [("clients", one) for one in clients] + [("mappings", PRODUCT | {"from": "2026-01-01"})]
    text = "\n".join(
        f"[[{name}]]\n" + "\n".join(f"{key} = {json.dumps(one[key])}" for key in one) for name, one in tables
    )
    (folder / "settings.toml").write_text(f'base_url = "https://cds.example.org"\n{text}', encoding="utf-8")
    given = {"CDS_CONFIG": str(folder / "settings.toml"), "CDS_TODAY": TODAY.isoformat()}
    return CliRunner().invoke(main, ["evaluate", *arguments, "--format", "json"], env=given)
