"""Words for cases: what a line of a patient's sketch can be about, and its further words, as JSON Schema (2020-12)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Grammar = Mapping[str, Any]
"""A JSON Schema of one word's value; `$defs` are those of `policies/schema/cases.schema.json`."""

WHEN: Grammar = {"$ref": "#/$defs/when"}
TEXT: Grammar = {"type": "string", "minLength": 1}
FIGURE: Grammar = {"type": ["number", "string"], "pattern": "^(<=|>=|<|>)?[0-9]+(\\.[0-9]+)?$"}
"""A measured number, perhaps with a comparator before it."""
SIGNED_FIGURE: Grammar = {"type": ["number", "string"], "pattern": "^(<=|>=|<|>)?-?[0-9]+(\\.[0-9]+)?$"}
"""A measured number that can lie below zero."""
CODE: Grammar = {"description": "The code of the answer, which then stands alone, without a display.", **TEXT}
TEST: Grammar = {"description": "The code of the test, where the terminology has several.", **TEXT}
SECOND_TEST: Grammar = {
    "description": "A second code of the same result, after the first and without its title.",
    **TEXT,
}
METHOD: Grammar = {"description": "The code of the method, where the result states one.", **TEXT}
SECOND_CODE: Grammar = {"description": "A second code of the same diagnosis, after the first.", **TEXT}


def one_of(*words: str) -> Grammar:
    """Return the grammar of a word that is one of these."""
    return {"enum": list(words)}


STATUS = one_of(
    "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"
)
"""The status of a result."""
CERTAINTY = one_of("confirmed", "unconfirmed", "provisional", "differential", "refuted", "entered-in-error")
COURSE = one_of("active", "recurrence", "relapse", "inactive", "remission", "resolved")
STAGE = one_of("I", "IA", "IB", "II", "IIA", "IIB", "III", "IIIA", "IIIB", "IIIC", "IV", "4S", "M0", "M1")


@dataclass(frozen=True, slots=True)
class CaseWord:
    """A verb of cases: what it draws in a sentence, the grammar of what it is about, and of its further words."""

    verb: str
    says: str
    about: Grammar
    words: Mapping[str, Grammar] = field(default_factory=dict)

    @property
    def schema(self) -> Grammar:
        """Return the JSON Schema of a line; every line can be of another patient, and knows no other word."""
        words = {self.verb: self.about, **self.words, "of another patient": {"type": "boolean"}}
        return {"description": self.says, "type": "object", "additionalProperties": False, "properties": words}


@dataclass(frozen=True, slots=True)
class Example:
    """Lines of a patient's sketch, and what a fact of the kind comes to by them: a value, or `unknown`.

    `<disease>` stands for a diagnosis of the policy's disease, `<ordered>` for the ordered drug, `<drugs>` for one of
    the fact's value set.
    """

    chart: tuple[str, ...]
    comes_to: str


def result(verb: str, says: str, about: Grammar, **words: Grammar) -> CaseWord:
    """Return the verb of a result, which has a day and a status; a word of several parts is written with lines."""
    further = {name.replace("_", " "): grammar for name, grammar in words.items()}
    return CaseWord(verb, says, about, {"on": WHEN, "status": STATUS, **further})
