"""Every kind of fact by its name, collected from the modules of this room."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from policies import kinds
from policies.model.fact_kinds import Kind, words


def _records() -> Iterator[Kind]:
    for module in iter_modules(kinds.__path__, f"{kinds.__name__}."):
        yield from getattr(import_module(module.name), "RECORDS", ())


KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _records()})
"""Every kind by its name, by module and then as its module has them; population logic is written in this order."""

_RESULTS = tuple(kind.tests for kind in KINDS.values() if kind.tests is not None)
_KEPT = dict.fromkeys(one.pattern for tests in _RESULTS for one in (tests.named, tests.kept) if one is not None)
ANY_TEST = words("|".join(f"(?:{one})" for one in _KEPT))
"""What a result of any kind is known by where its code is not: the name of its test in words, or what it is kept by."""
