"""Names of tests: a word by which results are known in text, and by which another test is called too.

A result under such a name, newer than the one that is read, leaves the fact open; `not_named` tells the two apart.
"""

import re
from collections.abc import Iterator

from policies.checks.remarks import Remark, doubt
from policies.files.yaml_source import Source
from policies.model.fact_kinds import Parameter, named_pattern
from policies.model.policy import Policy
from policies.terminology.registry import Terminology
from policies.terminology.value_sets import CodeSet


def check(policy: Policy, source: Source, terminology: Terminology) -> Iterator[Remark]:
    """Yield the names of a policy's tests that are names of other tests on file too, and that nothing tells apart."""
    others = terminology.tests
    for name in dict.fromkeys(_test_sets(policy)):
        own = terminology.codes(name, policy.value_sets[name])
        for word, other, called in _shared(own, others):
            cause = f"'{word}' of '{name}' names '{called}' of '{other}' too, so that a newer one leaves the fact open"
            mend = f"write 'not_named' in the value set: words of the other test that '{own.title}' never has"
            yield doubt(source, ("value_sets", name), cause, mend)


def _test_sets(policy: Policy) -> Iterator[str]:
    for fact in policy.facts.values():
        for parameter, sort in fact.kind.parameters.items():
            if sort is Parameter.TESTS and parameter in fact.parameters:
                yield str(fact.parameters[parameter])


def _shared(own: CodeSet, others: dict[str, CodeSet]) -> Iterator[tuple[str, str, str]]:
    """Yield each word, another set of tests, and the first of its names that the word finds and nothing sets apart."""
    held = {(one.system.name, one.code) for one in own.members}
    for name, other in others.items():
        names = [one.display for one in other.members if (one.system.name, one.code) not in held]
        called = [text for text in (*other.named, *names) if not _is_apart(text, own)] if name != own.name else []
        for word in own.named:
            found = next((text for text in called if _finds(word, text)), None)
            if found is not None:
                yield word, name, found


def _finds(word: str, text: str) -> bool:
    return re.search(named_pattern(word), text, re.IGNORECASE) is not None


def _is_apart(text: str, own: CodeSet) -> bool:
    return any(_finds(word, text) for word in own.words.not_named)
