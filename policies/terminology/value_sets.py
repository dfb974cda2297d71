"""Value sets: which codes mean what, with their sources. Only a verified code ever decides a criterion.

A lookup is one dictionary access by (system as written, code as written): every known spelling of a system's URI, and
every known way to write a code, is put into the dictionary when the file is loaded.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from policies.terminology.scales import Scale

Coding = tuple[str, str]
"""A code system as written and a code as written."""


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A code system: its short name, its URI, and how else it is spelled."""

    name: str
    uri: str
    title: str
    also: tuple[str, ...] = ()
    ignores_case: bool = False
    dots_may_be_missing: bool = False

    def spellings(self, code: str) -> Iterator[Coding]:
        """Yield every (system, code) under which a code is known to arrive."""
        codes = {code, code.replace(".", "")} if self.dots_may_be_missing else {code}
        if self.ignores_case:
            codes |= {text.upper() for text in codes} | {text.lower() for text in codes}
        for uri in (self.uri, *self.also):
            for text in sorted(codes):
                yield uri, text


@dataclass(frozen=True, slots=True)
class Member:
    """A code in a value set: what it stands for here (`means`), and where it was seen with that meaning.

    `general` marks a diagnosis whose refutation refutes all of its set.
    """

    system: CodeSystem
    code: str
    display: str
    confidence: str
    source: str
    means: str = ""
    general: bool = False

    @property
    def decides(self) -> bool:
        """Whether the code may decide a criterion."""
        return self.confidence == "verified"


@dataclass(frozen=True, slots=True)
class SetWords:
    """What a value set says beside its codes.

    `named` are the words by which a record may speak of it where no code tells; they never prove. Beside a word of
    `not_named` such a name means something else. `scale` is there for tests whose results are measured.
    """

    named: tuple[str, ...] = ()
    scale: Scale | None = None
    not_named: tuple[str, ...] = ()


class CodeSet:
    """A named, versioned set of codes, with what it says beside them."""

    def __init__(
        self, name: str, version: str, title: str, says: str, members: Iterable[Member], words: SetWords | None = None
    ) -> None:
        self.name = name
        self.version = version
        self.title = title
        self.says = says
        self.members = tuple(members)
        self.words = words or SetWords()

    @cached_property
    def by_coding(self) -> Mapping[Coding, Member]:
        """Return the verified members by every spelling of their coding; a decision looks there again and again."""
        return {
            spelling: member
            for member in self.members
            if member.decides
            for spelling in member.system.spellings(member.code)
        }

    def with_members(self, members: Iterable[Member]) -> "CodeSet":
        """Return the set with other codes."""
        return CodeSet(self.name, self.version, self.title, self.says, members, self.words)

    @property
    def named(self) -> tuple[str, ...]:
        """Return the words by which a record may speak of it where no code tells."""
        return self.words.named

    @property
    def scale(self) -> Scale | None:
        """Return how the results of its tests are measured; None where nothing is known of it."""
        return self.words.scale

    def find(self, system: str, code: str) -> Member | None:
        """Return the verified member with this coding, however it is spelled; None if it is not in the set."""
        return self.by_coding.get((system, code))

    def codings(self) -> Iterable[Coding]:
        """Return every spelling that the set answers to."""
        return self.by_coding.keys()


@dataclass(frozen=True, slots=True)
class DrugSet:
    """A named, versioned set of drugs; each may have a role (main, endocrine, maintenance, conditioning, lead-in)."""

    name: str
    version: str
    title: str
    says: str
    roles: Mapping[str, str]

    def __contains__(self, drug: object) -> bool:
        return drug in self.roles


NO_DRUGS = DrugSet("", "", "", "", {})
"""The drugs of a policy that names none."""

ValueSet = CodeSet | DrugSet
