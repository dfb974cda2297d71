"""What the tests of what is said share: notes in English."""

from fhir_mappings.wording import wording
from policies.model.notes import Said


def said(what: Said) -> str:
    return wording().words(what)
