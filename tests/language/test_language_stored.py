"""What is stored is of no language: the same determination reads in one today and in another tomorrow."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

import cds_service
from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.replay.replay import replay
from cds_service.storage.archive import Archive
from cds_service.storage.tables import AUTHORIZATIONS, REVISIONS
from fhir_mappings.wording import Wording, wording
from hooks.discovery import for_call
from policies.catalogue import Catalogue
from policies.evaluation.findings_codec import from_plain, is_note
from tests import stored_revisions
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.language.languages import english_in, made_up
from tests.world import compose

Json = dict[str, Any]
SAMPLES = sorted((Path(cds_service.__file__).parent / "samples").glob("*.json"))
BASE = "https://cds.example.org"


def signed(policies: Catalogue, engine: Engine, sample: Path, say: Wording) -> Json:
    """Answer a sample in a language, with automatic approval; returns the reply."""
    container = compose(Settings(base_url=BASE, automatic_approval=True), policies, TODAY, engine)
    service = for_call(replace(container.order_sign, say=say), sample.read_bytes())
    return dict(json.loads(service.answer(sample.read_bytes()).body))


def notes(content: Any) -> Iterator[Json]:
    if is_note(content):
        yield content
    inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    for one in inner:
        yield from notes(one)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_no_sentence_is_stored_with_a_determination(policies_on_file: Catalogue, sample: Path) -> None:
    engine = new_engine()
    signed(policies_on_file, engine, sample, wording())
    with engine.connect() as connection:
        allowances = connection.execute(select(AUTHORIZATIONS.c.allowance)).scalars().all()
    for row in stored_revisions.told(engine):
        assert english_in(row["findings"]) == []
        assert english_in(row["report"]) == []
        assert english_in(row["cause"]) == []
        if json.loads(row["report"])["ruling"] is not None:
            assert len(list(notes(json.loads(row["findings"])))) > 3
    assert [found for one in allowances if one for found in english_in(one)] == []


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_stored_determination_reads_in_another_language_later(policies_on_file: Catalogue, sample: Path) -> None:
    engine = new_engine()
    signed(policies_on_file, engine, sample, wording())
    with engine.connect() as connection:
        names = connection.execute(select(REVISIONS.c.determination)).scalars().all()
    for name in names:
        kept = Archive(engine).find(name, None)
        assert kept is not None
        spoken, other = wording().report(kept), made_up().report(kept)
        assert not list(notes(spoken)) + list(notes(other))
        assert english_in(other) == []
        assert english_in(spoken)
        assert other["revisions"][0]["cause"].startswith("⟦cause.")
        assert _without_words(spoken) == _without_words(other)


def _without_words(content: Any) -> Any:
    """What is the same in every language: all but the texts."""
    if isinstance(content, dict):
        texts = {
            "note",
            "summary",
            "reason",
            "why",
            "setting_why",
            "text",
            "cause",
            "unit",
            "words",
            "ordered",
            "means",
            "policy",
        }
        return {key: _without_words(one) for key, one in content.items() if key not in texts or isinstance(one, dict)}
    return [_without_words(one) for one in content] if isinstance(content, list) else content


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_cards_and_coverage_information_speak_the_language_of_the_reader(
    policies_on_file: Catalogue, sample: Path
) -> None:
    here, there = (signed(policies_on_file, new_engine(), sample, say) for say in (wording(), made_up()))
    assert english_in(there) == []
    assert english_in(here) or not (here["cards"] or here.get("systemActions"))
    assert len(here["cards"]) == len(there["cards"])


OLD = json.loads((Path(__file__).parents[1] / "fixtures" / "determinations_in_sentences.json").read_text("utf-8"))
"""Rows as they were kept while findings held sentences: two samples, signed then."""


def with_old_row(policies: Catalogue, old: Json) -> tuple[Container, str]:
    """A service on whose file stands what was kept then, in the place of what is kept now."""
    engine = new_engine()
    (sample,) = [path for path in SAMPLES if path.name == old["sample"]]
    container = compose(Settings(base_url=BASE), policies, TODAY, engine)
    container.order_sign.answer(sample.read_bytes())
    kept = {name: json.dumps(old[name]) for name in ("findings", "report")} | {"cause": old["cause"]}
    stored_revisions.keep_as_before(engine, **kept)
    with engine.begin() as connection:
        name = connection.execute(select(REVISIONS.c.determination)).scalar_one()
    return container, str(name)


@pytest.mark.parametrize("old", OLD, ids=lambda one: one["sample"])
def test_what_was_kept_as_sentences_reads_and_replays(policies_on_file: Catalogue, old: Json) -> None:
    assert english_in(old["findings"])
    container, name = with_old_row(policies_on_file, old)
    found = create_app(container).test_client().get(f"/determinations/{name}").get_json()
    assert {key: found[key] for key in old["report"] if key != "coverage"} == {
        key: one for key, one in old["report"].items() if key != "coverage"
    }
    assert found["revisions"][0]["cause"] == "an order was signed"
    again = replay(container.archive, container.order_sign, name)
    assert (again.same, again.differences) == (True, ())


SINCE_OFFERED = frozenset({"05-margetuximab-ish-conflict.json"})
"""Rows from before the records of a contradiction were offered to choose from: their forms ask, and offer none."""


@pytest.mark.parametrize(
    "old", [one for one in OLD if one["sample"] not in SINCE_OFFERED], ids=lambda one: one["sample"]
)
def test_forms_and_pages_of_it_are_those_of_today(policies_on_file: Catalogue, old: Json) -> None:
    """The sentences that were kept are those that are made now, so that nobody sees which of the two a row holds."""
    (sample,) = [path for path in SAMPLES if path.name == old["sample"]]
    container = compose(Settings(base_url=BASE), policies_on_file, TODAY, new_engine())
    client = create_app(container).test_client()
    cards = client.post("/cds-services/order-sign-crd", data=sample.read_bytes()).get_json()["cards"]
    (way,) = [
        one["url"].removeprefix(BASE) for card in cards for one in card.get("links", ()) if "/forms/" in one["url"]
    ]
    pages = (f"{way}/content", f"{way}/determination", way)
    now = [_untimed(client.get(one).text) for one in pages]
    kept = {name: json.dumps(old[name]) for name in ("findings", "report")} | {"cause": old["cause"]}
    stored_revisions.keep_as_before(container.archive.engine, **kept)  # type: ignore[union-attr]
    assert [_untimed(client.get(one).text) for one in pages] == now


def _untimed(text: str) -> str:
    """A page without the moment at which it was made."""
    return re.sub(r'"authored":"[^"]+"', "", text)


def test_proposals_that_were_kept_as_sentences_have_the_ids_of_today(policies_on_file: Catalogue) -> None:
    (old,) = [one for one in OLD if one["sample"].startswith("08")]
    container, name = with_old_row(policies_on_file, old)
    with container.archive.engine.begin() as connection:  # type: ignore[union-attr]
        connection.execute(REVISIONS.update().values(content="as it was kept then"))
    before = from_plain(old["findings"])
    container.order_sign.answer(next(path for path in SAMPLES if path.name == old["sample"]).read_bytes())
    revisions = [from_plain(one) for one in container.archive.findings(name)]  # type: ignore[union-attr]
    ids = [[one.id for found in findings.values() for one in found.proposals] for findings in (before, *revisions)]
    assert len(ids) == 3
    assert ids[0] == ids[1] == ids[2] != []
