"""Each sample call is answered as its entry in the index says."""

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.commands.evaluate import Evaluator
from hooks.discovery import HOOKS, for_call
from hooks.protocol.payer import CardDetail
from policies.catalogue import load
from tests.world import TODAY, store

FOLDER = Path(str(files("cds_service"))) / "samples"
INDEX = yaml.safe_load((FOLDER / "index.yaml").read_text(encoding="utf-8"))
Json = dict[str, Any]


@pytest.fixture(scope="module")
def container() -> Container:
    """The service as it ships: the samples are shown beside the shipped policies."""
    return compose(Settings(base_url="https://cds.example.org"), load(), TODAY, store())


@pytest.mark.parametrize("entry", INDEX, ids=[one["file"] for one in INDEX])
def test_a_sample_is_answered_as_expected(container: Container, entry: Json) -> None:
    report = Evaluator(container.order_sign).call(FOLDER / entry["file"])
    assert len(report["orders"]) == len(entry["expect"])
    for order, expected in zip(report["orders"], entry["expect"], strict=True):
        truths = {one["id"]: one["truth"] for one in order["criteria"]}
        assert order["order"] == expected["order"]
        assert (order["policy"] or {}).get("id") == expected["policy"]
        assert (order["request"], order["ruling"]) == (expected["request"], expected["ruling"])
        assert {name: truths[name] for name in expected["criteria"]} == expected["criteria"]
        assert [one["linkId"] for one in order["questions"]] == expected["questions"]


@pytest.mark.parametrize("entry", INDEX, ids=[one["file"] for one in INDEX])
def test_nothing_is_met_or_not_met_without_evidence(container: Container, entry: Json) -> None:
    """The duration is the policy's, and what this plan authorized before stands in its own records: not in a chart."""
    settled_by_the_payer = {"continuation.duration", "continuation.indication.authorization"}
    for order in Evaluator(container.order_sign).call(FOLDER / entry["file"])["orders"]:
        for criterion in order["criteria"]:
            if criterion["truth"] != "unknown" and criterion["id"] not in settled_by_the_payer:
                assert criterion["evidence"], criterion
            if criterion["truth"] != "met":
                assert criterion["note"], criterion


def test_every_sample_file_is_in_the_index() -> None:
    assert sorted(one.name for one in FOLDER.glob("*.json")) == sorted(one["file"] for one in INDEX)
    assert len(INDEX) >= 8


def test_every_hook_has_a_sample() -> None:
    shown = {json.loads((FOLDER / one["file"]).read_text(encoding="utf-8"))["hook"] for one in INDEX}
    assert shown == {hook.name for hook in HOOKS}


def test_answers_hold_no_null_and_nothing_empty_but_empty_lists_at_the_top(container: Container) -> None:
    for entry in INDEX:
        sent = json.loads((FOLDER / entry["file"]).read_text(encoding="utf-8"))
        text = json.dumps(sent).encode()
        answer = json.loads(for_call(container.order_sign, text).answer(text).body)
        for card in answer["cards"]:
            assert not [name for name, value in card.items() if value in (None, "", [], {})]
            assert len(card["summary"]) < 140


def test_the_card_in_the_docs_is_the_one_that_is_sent(container: Container) -> None:
    sent = (FOLDER / "05-margetuximab-ish-conflict.json").read_bytes()
    card = json.loads(container.order_sign.answer(sent).body)["cards"][0]
    lines = f"**{card['summary']}**\n\n{card['detail']}".splitlines()
    page = (Path(__file__).parents[2] / "docs" / "cards.md").read_text(encoding="utf-8")
    payer = replace(container.order_sign.payer, card_detail=CardDetail.SHORT)
    short = json.loads(replace(container.order_sign, payer=payer).answer(sent).body)["cards"][0]
    for line in (short["summary"], *short["detail"].splitlines()):
        assert line in page
    assert "\n".join(f"> {line}".rstrip() for line in lines) in page
