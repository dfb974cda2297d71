"""What is different in the facts of two versions of a policy."""

from collections.abc import Iterator

from policies.model.criteria import Fact
from policies.model.policy import Policy
from policies.text.phrases import proposal_in_words
from policies.text.sentences import changed


def fact_differences(new: Policy, old: Policy) -> Iterator[str]:
    """Yield what is different in the facts: how they are read, what is asked, what can be answered."""
    for name, fact in new.facts.items():
        if name in old.facts:
            yield from _of_fact(fact, old.facts[name])
        else:
            yield f"New fact: {fact.what} ({name})"
    yield from (f"No longer a fact: {fact.what} ({name})" for name, fact in old.facts.items() if name not in new.facts)


def _proposed(fact: Fact) -> str:
    return proposal_in_words(fact.proposes) if fact.proposes is not None else ""


def _of_fact(new: Fact, old: Fact) -> Iterator[str]:
    yield from changed(f"The fact {new.name} is now called", new.what, old.what)
    yield from changed(f"'{new.what}' is now of the kind", new.kind.name, old.kind.name)
    for key in dict.fromkeys((*new.parameters, *old.parameters)):
        now, before = new.parameters.get(key, ""), old.parameters.get(key, "")
        yield from changed(f"'{new.what}' is now read with {key.replace('_', ' ')}", now, before)
    yield from changed(f"The question on '{new.what}' is now", f"'{new.ask}'", f"'{old.ask}'")
    yield from changed(f"The answers to '{new.what}' are now", new.options, old.options)
    yield from changed(f"Of '{new.what}' these settle nothing now:", sorted(new.undecided), sorted(old.undecided))
    yield from changed(f"Beside '{new.what}' is now proposed", *(_proposed(one) for one in (new, old)))
    for option in dict.fromkeys((*new.notes, *old.notes)):
        now, before = new.notes.get(option, ""), old.notes.get(option, "")
        yield from changed(f"The note on '{option}' of '{new.what}' is now", now, before)
