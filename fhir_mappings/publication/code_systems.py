"""FHIR out: the code systems that are ours: options of our questions, why a card is set aside, types of cards.

Source: FHIR R4, CodeSystem.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fhir_mappings.wording import Wording
from policies.catalogue import Catalogue

Json = dict[str, Any]
_OVERRIDE = "override."
TRIALS = "trial-results"
FORM = "form-completion"
LAUNCH = "form-launch"
CARD_TYPES = (FORM, LAUNCH, TRIALS)
"""The types of cards for which the standard's list has no code that fits."""


def code_systems(catalogue: Catalogue, base: str, publisher: str, say: Wording) -> tuple[Json, ...]:
    """Write the code systems; `base` is our own base URL."""
    newest = max(policy.version for policy in catalogue.all).isoformat()
    answers = _head("answers", "Answers", "What can be chosen in the forms of our policies.", newest)
    reasons = _head("override-reasons", "Override reasons", "Why a clinician set a card aside.", newest)
    types = _head("card-types", "Card types", "Types of cards for which CRD has no code.", newest)
    return (
        _written(answers, dict(_options(catalogue)), base, publisher),
        _written(reasons, dict(_reasons(say)), base, publisher),
        _written(types, {code: say(f"topic.{code}") for code in CARD_TYPES}, base, publisher),
    )


def _head(name: str, title: str, says: str, version: str) -> Json:
    return {
        "resourceType": "CodeSystem",
        "id": name,
        "meta": {"versionId": version},
        "version": version,
        "name": title.title().replace(" ", ""),
        "title": title,
        "status": "active",
        "experimental": False,
        "date": version,
        "description": says,
    }


def _written(head: Json, concepts: Mapping[str, str], base: str, publisher: str) -> Json:
    content = {"publisher": publisher, "caseSensitive": True, "content": "complete", "count": len(concepts)}
    listed = [{"code": code, "display": display} for code, display in concepts.items()]
    return head | {"url": f"{base}/fhir/CodeSystem/{head['id']}"} | content | {"concept": listed}


def _options(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for policy in catalogue.all:
        for fact in policy.facts.values():
            yield from ((option, option) for option in fact.options)


def _reasons(say: Wording) -> Iterator[tuple[str, str]]:
    for key in say.sentences:
        if key.startswith(_OVERRIDE):
            yield key.removeprefix(_OVERRIDE), say(key)
