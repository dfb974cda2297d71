"""What a record is said to show, in English, whatever language its reader speaks.

Two things need one language: the patterns that tell what the words of a record would mean (`meanings`), which are
written for English and Spanish records as English sentences show them; and the ids of proposals, which name a record in
every language, and on file since before there were notes.
"""

from fhir_mappings.wording import wording
from policies.model.notes import Said


def in_english(said: Said) -> str:
    """Return what is said in English."""
    return wording("en").words(said)
