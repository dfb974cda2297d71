"""An order by a site's own product code: judged as with the code that is meant, sent back as it came, and named."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.clients.test_clients_mappings import (
    CHART,
    LOCAL,
    NORTH,
    SOUTH,
    determined,
    mapping,
    serving,
)
from tests.conftest import TODAY
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
