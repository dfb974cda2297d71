"""Holding a concept of the chart against a value set."""

from fhir_mappings.clinical.values import Coding, Concept
from policies.terminology.value_sets import CodeSet, Member


def find(concept: Concept | None, codes: CodeSet) -> tuple[Coding, Member] | None:
    """Return the first coding that is in a value set, with the member; any coding counts, text never does."""
    if concept is None:
        return None
    for coding in concept.coding:
        member = codes.by_coding.get((coding.system or "", coding.code or ""))
        if member is not None:
            return coding, member
    return None


def meanings(concept: Concept | None, codes: CodeSet) -> frozenset[str]:
    """Return what the codings of a concept mean in a value set; more than one meaning is a contradiction."""
    if concept is None:
        return frozenset()
    found = set()
    for coding in concept.coding:
        member = codes.by_coding.get((coding.system or "", coding.code or ""))
        if member is not None:
            found.add(member.means)
    return frozenset(found)


def displayed(concept: Concept | None, codes: CodeSet) -> str:
    """Return how a value set displays a concept; empty if it does not know it."""
    hit = find(concept, codes)
    return hit[1].display if hit is not None else ""


def shown(concept: Concept | None, fallback: str = "") -> str:
    """Return what a person would read for a concept: its text, else a display, else the fallback, else its code."""
    if concept is None:
        return fallback
    for word in (concept.text, *[coding.display for coding in concept.coding], fallback):
        if word:
            return word
    return next((coding.code for coding in concept.coding if coding.code), "")
