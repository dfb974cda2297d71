"""FHIR out: the adaptive form of a policy, which asks step by step only what the ruling still hangs on.

Sources: SDC 4.0.0, "Adaptive Questionnaires"; DTR 2.2.0 and 2.0.1, dtr-questionnaire-adapt-search (what is published
and packaged), dtr-questionnaire-adapt (what a response holds: the questions so far). Both are cut out of the static
form, so that they say the same and bear the same population logic.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from fhir_mappings.forms.dtr_urls import DTR
from fhir_mappings.forms.form import TAKEN, Form, beside_id
from fhir_mappings.offers.proposal_items import by_record
from fhir_mappings.questionnaires.draft_response import SHAPE_2_0, SHAPE_2_2, Shape
from fhir_mappings.questionnaires.published import Published

SUFFIX = "-adaptive"
ASKED = "asked"
"""The id of the contained form."""

ADAPTIVE_FORM = f"{DTR}/dtr-questionnaire-adapt-search"
_ADAPTIVE = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-questionnaireAdaptive"
_ALGORITHM = "http://hl7.org/fhir/StructureDefinition/artifact-versionAlgorithm"
_POPULATED = "initialExpression"
_OF_STATIC = frozenset({"id", "item", "url", "meta"})
_NOT_CONTAINED = _OF_STATIC | {"version", "name", "effectivePeriod"}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AdaptiveShape:
    """How a version of DTR writes adaptive forms.

    `response` is the profile of responses, `draft` how drafts are written. The older version begins with a section
    (`starts`), and its contained form has a narrative, no url and no `enableWhen`; the newer one's is the other way
    round in all of these.
    """

    response: str
    draft: Shape
    older: bool

    @property
    def starts(self) -> bool:
        """Whether the published form has items: certification looks for population logic in them."""
        return self.older


ADAPTIVE_2_2 = AdaptiveShape(f"{DTR}/dtr-questionnaireresponse-adapt", SHAPE_2_2, older=False)
ADAPTIVE_2_0 = AdaptiveShape(f"{DTR}/dtr-questionnaireresponse", SHAPE_2_0, older=True)


def adaptive_url(form: Form) -> str:
    """Return the canonical URL of a form's adaptive one, without its version."""
    return form.url + SUFFIX


def adaptive_canonical(form: Form) -> str:
    """Return the canonical URL of a form's adaptive one, with its version."""
    return f"{adaptive_url(form)}|{form.version}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form in a response holds: sections by linkId, and items beside them (`more`) that take no answer.

    `taken` are the questions of other sections that the record answers, each with what it rests on, in words;
    `taken_says` is the heading above them. `optional` are questions that need not be answered here. `records` are the
    items of a yes or no each, to what is proposed, by the question above which they stand.
    """

    shown: tuple[str, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict)
    taken_says: str = ""
    optional: frozenset[str] = frozenset()
    records: Mapping[str, list[Json]] = field(default_factory=dict)
    more: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class AdaptiveForm:
    """The adaptive form of a published one, in one version of DTR; `base` is the FHIR base with `$next-question`."""

    published: Published
    shape: AdaptiveShape
    base: str

    @property
    def form(self) -> Form:
        """Return the form that it is cut out of."""
        return self.published.form

    @property
    def _static(self) -> Json:
        """Return the form that it is cut out of, in its version."""
        return self.published.in_version(older=self.shape.older).resource

    def search_form(self) -> Json:
        """Write what is published and packaged: what the form is, and where its questions are had."""
        static = self._static
        head = {name: part for name, part in static.items() if name not in _OF_STATIC}
        written = {
            "resourceType": "Questionnaire",
            "id": self.form.id + SUFFIX,
            "meta": static["meta"] | {"profile": [ADAPTIVE_FORM]},
            **head,
            "extension": [*static.get("extension", ()), self._where()],
            "url": adaptive_url(self.form),
            "name": f"{static['name']}Adaptive",
        }
        starters = [by_record(one, {}) for one in static["item"] if one["linkId"] in self.starters()]
        return written | ({"item": self._items(starters)} if starters else {})

    def asked_form(self, asked: "Asked") -> Json:
        """Write what a response holds: the sections that were asked so far, what was taken, and items beside them."""
        static = self._static
        by_id = {one["linkId"]: one for one in static["item"]}
        shown = asked.shown
        head = {name: part for name, part in static.items() if name not in _NOT_CONTAINED}
        if not self.shape.older:
            head.pop("text", None)
        taken = [one for one in (self._taken(asked),) if one["item"]]
        sections = [by_record(by_id[one], asked.records) for one in shown] + [by_record(one, {}) for one in taken]
        items = [*self._items(sections, asked.optional), *asked.more]
        return {
            "resourceType": "Questionnaire",
            "id": ASKED,
            "meta": {"profile": [f"{DTR}/dtr-questionnaire-adapt"]},
            **head,
            "extension": [*(one for one in static.get("extension", ()) if one["url"] != _ALGORITHM), self._where()],
            **({} if self.shape.older else {"url": self._own_url(shown)}),
            "derivedFrom": [adaptive_canonical(self.form)],
            **({"item": items} if items else {}),
        }

    def starters(self) -> tuple[str, ...]:
        """Return the sections that stand in the form from the beginning: the first that a chart can fill in."""
        if not self.shape.starts:
            return ()
        sections = self.published.resource["item"]
        return ((next((one for one in sections if _is_populated(one)), sections[0]))["linkId"],)

    def _taken(self, asked: "Asked") -> Json:
        """Write the section with what was taken from the record: its questions, each with what it rests on."""
        others = (one for one in self._static["item"] if one["linkId"] not in asked.shown)
        items = [
            one | ({"item": [*_said(one["linkId"], asked.taken[one["linkId"]]), *one.get("item", ())]})
            for section in others
            for one in section.get("item", ())
            if one["linkId"] in asked.taken
        ]
        return {"linkId": TAKEN, "text": asked.taken_says, "type": "group", "item": items}

    def _where(self) -> Json:
        return {"url": _ADAPTIVE, "valueUrl": self.base}

    def _own_url(self, shown: tuple[str, ...]) -> str:
        return uuid5(NAMESPACE_URL, " ".join((adaptive_canonical(self.form), *shown))).urn

    def _items(self, sections: list[Json], optional: Collection[str] = ()) -> list[Json]:
        known = {one["linkId"] for section in sections for one in flat(section)}
        return [self._item(section, known, optional) for section in sections]

    def _item(self, item: Json, known: set[str], optional: Collection[str]) -> Json:
        """Return an item as this version has it: it never hangs on one that is not shown.

        What need not be asked any more is not required.
        """
        written = dict(item)
        if item["linkId"] in optional:
            written.pop("required", None)
        hangs_on = {one["question"] for one in item.get("enableWhen", ())}
        if self.shape.older or not hangs_on <= known:
            written.pop("enableWhen", None)
            written.pop("enableBehavior", None)
        if "item" in item:
            written["item"] = [self._item(one, known, optional) for one in item["item"]]
        return written


def flat(item: Json) -> Iterator[Json]:
    """Yield an item and all below it."""
    yield item
    for one in item.get("item", ()):
        yield from flat(one)


def _said(link_id: str, text: str) -> list[Json]:
    return [{"linkId": beside_id(link_id), "text": text, "type": "display"}] if text else []


def _is_populated(section: Json) -> bool:
    extensions = (extension for item in flat(section) for extension in item.get("extension", ()))
    return any(one["url"].endswith(_POPULATED) for one in extensions)
