"""What was asked of a server and what came back, as the checks look at it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fhir_mappings.coverage.coverage_information import EXTENSION

Json = dict[str, Any]
SPOKEN = ("2.0", "2.2")
PRIMARY = frozenset({"order-sign", "order-dispatch", "appointment-book"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """An answer: its status, its media type, and its content, which is None where it was no JSON."""

    status: int
    media_type: str
    content: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A call of a service in a version of CRD, and its answer."""

    service: Json
    version: str
    call: Json
    exchange: Exchange

    @property
    def hook(self) -> str:
        """Return the hook that was called."""
        return str(self.call["hook"])

    @property
    def where(self) -> str:
        """Return how a message names this call."""
        return f"{self.service['id']} in {self.version}{'' if 'extension' in self.call else ', without extensions'}"

    def listed(self, name: str) -> list[Json]:
        """Return the objects of a list of the reply: its cards, or its system actions."""
        content = self.exchange.content
        found = content.get(name) if isinstance(content, dict) else None
        return objects(found)

    @property
    def information(self) -> list[tuple[Json, Json]]:
        """Return each piece of coverage information with the resource that bears it."""
        resources = [action.get("resource") for action in self.listed("systemActions")]
        return [
            (resource, one)
            for resource in resources
            if isinstance(resource, dict)
            for one in objects(resource.get("extension"))
            if one.get("url") == EXTENSION
        ]


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was seen of a server.

    `broken` are the answers to calls with a fault, by what was wrong; `further` those to calls that go by an earlier
    answer, by their name (`further_calls`).
    """

    discovery: Exchange
    answers: tuple[Answer, ...]
    broken: Mapping[str, Exchange]
    further: Mapping[str, Answer] = field(default_factory=dict)

    @property
    def services(self) -> list[Json]:
        """Return the services of discovery that are objects."""
        return services_of(self.discovery)

    def cards(self) -> Iterator[tuple[Answer, Json]]:
        """Yield every card with the answer that it came in."""
        return ((answer, card) for answer in self.answers for card in answer.listed("cards"))

    def actions(self) -> Iterator[tuple[Answer, Json]]:
        """Yield every action: system actions, and those of suggestions."""
        for answer in self.answers:
            yield from ((answer, action) for action in answer.listed("systemActions"))
            for card in answer.listed("cards"):
                for suggestion in objects(card.get("suggestions")):
                    yield from ((answer, action) for action in objects(suggestion.get("actions")))


def services_of(discovery: Exchange) -> list[Json]:
    """Return the services that a discovery document lists."""
    content = discovery.content
    return objects(content.get("services")) if isinstance(content, dict) else []


def declared(service: Json) -> list[str]:
    """Return the versions that a service declares and that the self-test knows."""
    extension = service.get("extension")
    named = extension.get("davinci-crd.version") if isinstance(extension, dict) else None
    return [one for one in SPOKEN if one in named] if isinstance(named, list) else []


def topic_of(card: Json) -> str:
    """Return the type of a card, nothing if it has none."""
    source = card.get("source")
    topic = source.get("topic") if isinstance(source, dict) else None
    return str(topic.get("code", "")) if isinstance(topic, dict) else ""


def objects(value: Any) -> list[Json]:
    """Return the objects of a list, whatever is there."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def is_text(value: Any) -> bool:
    """Whether a value is a text that says something."""
    return isinstance(value, str) and bool(value)
