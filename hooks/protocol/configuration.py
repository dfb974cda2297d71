"""What a client can ask of a service: which types of cards it gets, and how many.

Source: CRD 2.2.1, `davinci-crd.configuration-options` and `davinci-crd.configuration` (dev-4 to dev-17). What is not
known, or not of its type, is ignored: no call fails for its configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fhir_mappings.publication.code_systems import CARD_TYPES, FORM, LAUNCH, TRIALS
from fhir_mappings.wording import Wording

Json = dict[str, Any]
CONFIGURATION = "davinci-crd.configuration"
COVERAGE_INFORMATION = "coverage-info"
UNSOLICITED = "unsolicited-determ"
MAX_CARDS = "max-cards"
CONTRAINDICATION = "contraindication"
CLINICAL_REMINDER = "clinical-reminder"
GUIDELINE = "guideline"
ALTERNATIVES = "therapy-alternatives-opt"
REQUIRED_ALTERNATIVES = "therapy-alternatives-req"
INSURANCE = "insurance"
LIMITS = "limits"
OWN_TOPICS = frozenset(CARD_TYPES)


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its code, and what holds unless a client says otherwise; that also tells its type."""

    code: str
    default: bool | int

    @property
    def type(self) -> str:
        """Return the JSON type, as discovery names it."""
        return "boolean" if isinstance(self.default, bool) else "integer"

    def described(self, say: Wording) -> Json:
        """Return the option as discovery shows it."""
        return {
            "code": self.code,
            "type": self.type,
            "name": say(f"option.{self.code}.name"),
            "description": say(f"option.{self.code}.about"),
            "default": self.default,
        }


OPTIONS = (
    Option(COVERAGE_INFORMATION, default=True),
    Option(UNSOLICITED, default=True),
    Option(CONTRAINDICATION, default=True),
    Option(CLINICAL_REMINDER, default=True),
    Option(GUIDELINE, default=True),
    Option(ALTERNATIVES, default=True),
    Option(REQUIRED_ALTERNATIVES, default=True),
    Option(INSURANCE, default=True),
    Option(LIMITS, default=True),
    Option(FORM, default=True),
    Option(LAUNCH, default=True),
    Option(TRIALS, default=False),
    Option(MAX_CARDS, default=10),
)
"""One boolean for each type of card, by its topic. The result of a trial comes only where it is asked for."""

_AS_MANY_AS_THERE_ARE = 10_000
"""More cards than any answer has; a client can name any number."""
_DEFAULTS: Mapping[str, bool | int] = {option.code: option.default for option in OPTIONS}


@dataclass(frozen=True, slots=True)
class Configuration:
    """What one call asks for."""

    given: Mapping[str, Any]

    @classmethod
    def of(cls, extension: Mapping[str, Any]) -> "Configuration":
        """Read the configuration of a call from its extension."""
        given = extension.get(CONFIGURATION)
        return cls(given if isinstance(given, dict) else {})

    def wants(self, code: str) -> bool:
        """Whether the client wants a type of card, or of information."""
        asked = self.given.get(code)
        return asked if isinstance(asked, bool) else bool(_DEFAULTS[code])

    def asks_for(self, code: str) -> bool:
        """Whether the client itself asks for a type of card."""
        return self.given.get(code) is True

    def shares(self, cards: int) -> tuple[int, int]:
        """Return how many of so many coverage cards go out, and how many beside them.

        Unless a client itself asks for fewer, no order loses its card, and what helps is limited by itself.
        """
        asked = self.given.get(MAX_CARDS)
        if not isinstance(asked, int) or isinstance(asked, bool) or asked < 0:
            return cards, _DEFAULTS[MAX_CARDS]
        return min(cards, asked), min(max(asked - cards, 0), _AS_MANY_AS_THERE_ARE)
