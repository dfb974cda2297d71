"""The form of one policy version and kind of request: derived from the policy, nothing in it is written by hand.

Criterion -> section, fact -> question, linkId = the fact's name. What the policy itself settles (the gate, a duration
without a maximum) has no question. Every other linkId bears a colon, which neither a fact nor a criterion can have.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from fhir_mappings.proposals.fact_proposals import PROPOSABLE
from policies.catalogue import Catalogue
from policies.model.criteria import Fact, Leaf, Node, Operator, RequestKind, named_parts, walk
from policies.model.fact_kinds import Parameter
from policies.model.figures import Documentation
from policies.model.policy import Policy

_SHOWN, _CONFIRM = ":shown", ":confirm"
_CONFIRMED = re.compile(r"([^:]+):confirm(?::([0-9a-f]{12}))?")
_PATH = "/fhir/Questionnaire/"
_EVERY_PART = frozenset({Operator.ALL, Operator.NOT})
DOCUMENTATION, ATTESTED, DOCUMENTS = "request:documentation", "request:attested", "request:attachment"
"""The linkIds of what is submitted with a request: the group, the attestation, and the documents."""
ENDED = "request:ended"
"""The linkId of the item by which an adaptive form says that nothing more is asked; it takes no answer."""
TAKEN = "request:taken"
"""The linkId of the last section of an adaptive form: what was taken from the record, to be confirmed at a glance."""


@dataclass(frozen=True, slots=True)
class Section:
    """A criterion at the top of the policy, with the facts that it is the first to use."""

    link_id: str
    criterion: Node
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """What one policy version asks for one kind of request; `base` is our own base URL.

    `required` names the questions without which the ruling cannot be known. One of several ways to meet a criterion is
    not among them: who never had an ISH test is not made to answer for one.
    """

    base: str
    policy: Policy
    request: RequestKind
    sections: tuple[Section, ...]
    required: frozenset[str]

    @property
    def id(self) -> str:
        """Return the id, which all versions share."""
        return f"{self.policy.id}-{self.request.value}"

    @property
    def version(self) -> date:
        """Return the date from which the policy holds."""
        return self.policy.version

    @property
    def url(self) -> str:
        """Return the canonical URL without its version; it is an address of ours."""
        return f"{self.base}{_PATH}{self.id}"

    @property
    def canonical(self) -> str:
        """Return the canonical URL with its version, as coverage information names it."""
        return f"{self.url}|{self.version}"

    @property
    def answer_system(self) -> str:
        """Return the code system of the options of our policies; an option is its own code."""
        return f"{self.base}/fhir/CodeSystem/answers"

    @property
    def questions(self) -> dict[str, Fact]:
        """Return what is asked, by linkId, in the order of the form."""
        return {fact.name: fact for section in self.sections for fact in section.facts}

    @property
    def chooses(self) -> str:
        """Return the question that chooses among several indications; empty where there is one disease."""
        return self.policy.indications.fact if self.policy.indications is not None else ""

    @property
    def documentation(self) -> Documentation | None:
        """Return what is to be submitted with the request though it decides nothing; None if nothing is."""
        return self.policy.figures.documentation.get(self.request.value)

    def leaf_of(self, fact: str) -> Leaf:
        """Return the first criterion that tests a fact of the form."""
        return next(leaf for leaf in self.policy.requests[self.request].first_uses if leaf.fact == fact)

    @property
    def lines_of(self) -> Fact | None:
        """Return the first question that counts lines of therapy: the table of lines stands under it."""
        counts = (fact for fact in self.questions.values() if Parameter.SETTING in fact.kind.parameters.values())
        return next(counts, None)


def form_of(policy: Policy, request: RequestKind, base: str) -> Form:
    """Derive the form of a policy version for one kind of request; one form asks for every indication of a policy."""
    policy = policy.filed
    needed = frozenset(_needed(policy.requests[request].criteria))
    return Form(base, policy, request, tuple(_sections(policy, request)), needed)


def forms_of(catalogue: Catalogue, base: str) -> tuple[Form, ...]:
    """Derive every form of every version on file: by policy, oldest version first."""
    return tuple(form_of(policy, request, base) for policy in catalogue.all for request in RequestKind)


def names_of(policy: Policy, base: str) -> Iterator[str]:
    """Yield the canonical URLs of the forms of a policy version, each without and with its version.

    Its id and date alone give them: nobody has to derive the forms for them.
    """
    for request in RequestKind:
        named = Form(base, policy, request, (), frozenset())
        yield from (named.url, named.canonical)


def by_canonical(forms: Iterable[Form]) -> dict[str, Form]:
    """Return forms by their canonical URL with its version."""
    return {form.canonical: form for form in forms}


def _sections(policy: Policy, request: RequestKind) -> Iterator[Section]:
    asked: set[str] = set()
    for criterion in named_parts(policy.requests[request].criteria):
        names = dict.fromkeys(node.fact for node in walk(criterion) if isinstance(node, Leaf))
        facts = tuple(policy.facts[name] for name in names if name not in asked and policy.facts[name].ask)
        asked.update(names)
        if facts:
            yield Section(_section_id(criterion, policy), criterion, facts)


def _needed(node: Node) -> Iterator[str]:
    """Yield the facts of the tests that no other test can stand in for."""
    if isinstance(node, Leaf):
        yield node.fact
    elif node.operator in _EVERY_PART:
        for part in node.parts:
            yield from _needed(part)


def _section_id(criterion: Node, policy: Policy) -> str:
    """Return the criterion's id; a fact of the same name keeps it for its question, since answers hang on that."""
    return f"criterion:{criterion.id}" if criterion.id in policy.facts else criterion.id


def is_document(fact: Fact) -> bool:
    """Whether a fact is a document: it can be attached, or attested to."""
    return Parameter.RESOURCES in fact.kind.parameters.values()


def attachment_id(fact: Fact) -> str:
    """Return the linkId under which the document of a fact is attached."""
    return f"{fact.name}:attachment"


def lines_id(fact: Fact) -> str:
    """Return the linkId under which the table of lines stands, as a text that a person can correct."""
    return f"{fact.name}:lines"


def is_proposable(fact: Fact) -> bool:
    """Return whether there can be records for a fact that may not decide, and are proposed to a person."""
    return fact.kind.name in PROPOSABLE


def shown_id(fact: Fact) -> str:
    """Return the linkId of the text that quotes what is proposed for a fact."""
    return f"{fact.name}{_SHOWN}"


def confirm_id(fact: Fact, proposal: str = "") -> str:
    """Return the linkId of the yes or no to what is proposed for a fact; to one record alone with its id."""
    return f"{fact.name}{_CONFIRM}:{proposal}" if proposal else f"{fact.name}{_CONFIRM}"


def confirmed_fact(link_id: str) -> tuple[str, str] | None:
    """Return of which fact an item takes a yes or no to what is proposed, and of which proposal; None if it does not.

    Without a proposal it is about all that stands in the text beside it.
    """
    found = _CONFIRMED.fullmatch(link_id)
    return (found[1], found[2] or "") if found is not None else None


def help_id(link_id: str) -> str:
    """Return the linkId of the help text of a section or a question."""
    return f"{link_id}:help"


def beside_id(link_id: str) -> str:
    """Return the linkId of the text that says where the answer to a question comes from."""
    return f"{link_id}:beside"
