"""One figure of a policy file is changed, and nothing else: ruling, card, policy page and form follow."""

import json
from functools import cache
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from fhir_mappings.cases.drawn_case import draw_case
from fhir_mappings.judgement.judge import Judge
from hooks.card_parts.card_builder import Frame
from hooks.cards.coverage_information import Cards
from hooks.protocol.crd_versions import CRD_VERSIONS
from policies.building.policy import build
from policies.building.texts import PLACEHOLDER, filled
from policies.catalogue import Catalogue
from policies.files.problems import Path, place
from policies.files.yaml_source import Source, parse
from policies.model.findings import Finding, Origin, Range
from policies.model.truth import Truth
from tests import world
from tests.conftest import TODAY
from tests.service import calls
from tests.world import compose

ORDERED = {
    "margetuximab": calls.MARGETUXIMAB,
    "elranatamab": {"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "J1323"},
}
FIRST_DOSE = "2026-06-01"
NO_FIGURES = {"revision"}


class Surfaces(NamedTuple):
    """What people read of a policy: cards of both kinds of request, the page, the forms."""

    card: str
    page: str
    form: str


@cache
def on_file() -> Catalogue:
    return world.policies()


@cache
def source_of(policy: str) -> Source:
    version = on_file().versions(policy).dates[-1]
    name = f"data/{policy}/{version}.yaml"
    return parse((world.FOLDER / name).read_text(encoding="utf-8"), name)


def numbers(content: Any, path: Path = ()) -> list[Path]:
    """Return the place of every number of a policy file."""
    if isinstance(content, dict):
        inner = [numbers(one, (*path, key)) for key, one in content.items() if key not in NO_FIGURES]
        return [found for part in inner for found in part]
    if isinstance(content, list):
        return [found for index, one in enumerate(content) for found in numbers(one, (*path, index))]
    return [] if isinstance(content, (bool, str)) or content is None else [path]


ONLY_ONE = ("dosing", "schedule", 0, "from_day")
"""A schedule can begin on no other day than the first."""

FIGURES = [(policy, path) for policy in ORDERED for path in numbers(source_of(policy).content) if path != ONLY_ONE]


def changed(policy: str, path: Path, value: Any = None) -> Source:
    """Return the file with one figure changed, by default to the next that there is."""
    source = source_of(policy)

    def copy(content: Any, here: Path) -> Any:
        if here == path:
            step = 1 if isinstance(content, int) else type(content)("0.1")
            return content + step if value is None else value
        if isinstance(content, dict):
            return {key: copy(one, (*here, key)) for key, one in content.items()}
        if isinstance(content, list):
            return [copy(one, (*here, index)) for index, one in enumerate(content)]
        return content

    return Source(source.name, copy(source.content, ()), source.places)


def with_change(source: Source) -> Catalogue:
    """Return a catalogue of this policy alone: what is published of others takes long, and no figure here is theirs."""
    words = on_file().terminology
    return Catalogue([build(source, words)], words)


@cache
def surfaces_on_file(policy: str) -> Surfaces:
    return surfaces(policy, with_change(source_of(policy)))


def surfaces(policy: str, known: Catalogue) -> Surfaces:
    container = compose(Settings(), known, TODAY)
    with create_app(container).test_client() as client:
        page = client.get(f"/policies/{policy}").text
        forms = [client.get(f"/fhir/Questionnaire/{policy}-{kind}").get_json() for kind in ("initial", "continuation")]
    return Surfaces(cards(policy, container), readable(page), json.dumps(forms, ensure_ascii=False))


def cards(policy: str, container: Container) -> str:
    """Return the cards for a patient of whom nothing is known, and for one who has had the drug."""
    given = {
        "resourceType": "MedicationAdministration",
        "id": "a1",
        "status": "completed",
        "medicationCodeableConcept": {"coding": [ORDERED[policy]]},
        "subject": {"reference": calls.PATIENT},
        "effectiveDateTime": FIRST_DOSE,
    }
    service = container.order_sign
    writer = Cards(Frame(service.payer, service.say, CRD_VERSIONS["2.0"]))
    written = []
    for chart in ([], [given]):
        order = calls.medication_request(ORDERED[policy], authoredOn="2026-11-20")
        call = calls.order_sign(order)
        call["prefetch"]["given"] = calls.searchset(*chart)
        read = service.read(calls.body(call))
        (one,) = service.decide(read, service.chart(read), TODAY)
        assert one.determination is not None
        written.append(writer.for_order(one.judgement, one.determination))
    return json.dumps(written, ensure_ascii=False)


def readable(page: str) -> str:
    return page.replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')


def texts(source: Source) -> dict[Path, str]:
    """Return every text of a file as it is read, by its place."""
    found: dict[Path, str] = {}

    def walk(content: Any, path: Path) -> None:
        if isinstance(content, str):
            found[path] = " ".join(content.split())
        elif isinstance(content, dict):
            for key, inner in content.items():
                walk(inner, (*path, key))
        elif isinstance(content, list):
            for index, inner in enumerate(content):
                walk(inner, (*path, index))

    walk(filled(source)[0].content, ())
    return found


@pytest.mark.parametrize(("policy", "path"), FIGURES, ids=lambda one: one if isinstance(one, str) else place(one))
def test_what_people_read_follows_a_figure(policy: str, path: Path) -> None:
    source = changed(policy, path)
    before, after = surfaces_on_file(policy), surfaces(policy, with_change(source))
    assert after.page != before.page
    old, new = texts(source_of(policy)), texts(source)
    for at in (at for at in old if old[at] != new[at]):
        shown = [name for name in Surfaces._fields if old[at] in getattr(before, name)]
        assert shown, f"{place(at)} is shown nowhere"
        for name in shown:
            assert new[at] in getattr(after, name), f"{place(at)} does not follow in the {name}"


def test_no_sentence_still_holds_a_name_in_brackets() -> None:
    for policy in ORDERED:
        assert not any(PLACEHOLDER.search(text) for text in texts(source_of(policy)).values())


class Sample(NamedTuple):
    """A figure on which a ruling hangs: its place, the new one, an answer on the edge, and the old and new words."""

    policy: str
    path: Path
    new: Any
    fact: str
    edge: Range | str
    words: tuple[str, str]


INITIAL = ("initial", "all")
METASTATIC = "prior_anti_her2_therapies_metastatic"
SAMPLES = (
    Sample(
        "elranatamab", (*INITIAL, 1, "all", 0, "at_least"), 5, "prior_lines", Range.exactly(4),
        ("At least four earlier therapies", "At least five earlier therapies"),
    ),
    Sample(
        "elranatamab", (*INITIAL, 2, "at_most"), 1, "ecog", Range.exactly(2),
        ("A current ECOG performance status of 0 to 2", "A current ECOG performance status of 0 to 1"),
    ),
    Sample(
        "margetuximab", (*INITIAL, 2, "all", 0, "at_least"), 3, "prior_anti_her2_therapies", Range.exactly(2),
        ("Two or more earlier anti-HER2 therapies", "Three or more earlier anti-HER2 therapies"),
    ),
    Sample(
        "margetuximab", (*INITIAL, 2, "all", 1, "at_least"), 2, METASTATIC, Range.exactly(1),
        ("At least one of them for metastatic disease", "At least two of them for metastatic disease"),
    ),
    Sample(
        "margetuximab", (*INITIAL, 2, "all", 2, "at_least"), 4, "prior_lines_advanced", Range.exactly(3),
        ("Fourth line or later for the advanced disease: at least three earlier lines",
         "Fifth line or later for the advanced disease: at least four earlier lines"),
    ),
    Sample(
        "margetuximab", (*INITIAL, 3, "one_of"), ["capecitabine", "eribulin"], "combination_partner", "gemcitabine",
        ("Given together with capecitabine, eribulin, gemcitabine or vinorelbine",
         "Given together with capecitabine or eribulin"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: place(one.path))
def test_the_ruling_follows_a_threshold_and_so_does_every_sentence(sample: Sample) -> None:
    known = with_change(changed(sample.policy, sample.path, sample.new))
    assert (ruling(sample, on_file()), ruling(sample, known)) == (Truth.MET, Truth.NOT_MET)
    before, after = surfaces_on_file(sample.policy), surfaces(sample.policy, known)
    old, new = sample.words
    for name in ("card", "page"):
        assert old in getattr(before, name)
        assert new not in getattr(before, name)
        assert new in getattr(after, name)
        assert old not in getattr(after, name)


def ruling(sample: Sample, known: Catalogue) -> Truth:
    """Judge the chart that meets every criterion, with one fact answered on the edge of the old figure."""
    own = (one for one in world.desk().cases if one.policy == sample.policy)
    whole = next(one for one in own if "meets every criterion" in one.sentence)
    drawn = draw_case(whole, on_file())
    answers = {sample.fact: Finding.known(sample.edge, origin=Origin.ANSWER)}
    (one,) = Judge(known).judge(drawn.orders, drawn.chart, TODAY, answers)
    assert one.ruling is not None
    return one.ruling.truth


def test_a_code_that_is_changed_is_shown_and_billed(client: FlaskClient) -> None:
    path = ("product", "billing", "code")
    assert "J1323" in surfaces_on_file("elranatamab").page
    after = surfaces("elranatamab", with_change(changed("elranatamab", path, "J9999")))
    assert "HCPCS J9999" in after.page
    assert "J1323" not in after.page
