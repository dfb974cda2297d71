"""The rooms of the four packages: how many modules stand in each, which lie flat, and which rooms import each other."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import grimp

from tests.shape.entered import PACKAGES

DATA = "cds_service.storage.migrations"
"""Migrations are a history, one a change of the tables: they only grow."""
OF_THE_FIELD = frozenset({"dosing", "ruling", "timing", "wording"})
"""Names that end in -ing and are nouns: a policy's dosing, a ruling, FHIR's Timing, the wording of sentences."""


@dataclass(frozen=True, slots=True)
class House:
    """Every module, and every import between two rooms of one package, as (room, room)."""

    modules: tuple[str, ...]
    arrows: frozenset[tuple[str, str]]

    @property
    def sizes(self) -> Counter[str]:
        return Counter(room for room in map(room_of, self.modules) if room)

    @property
    def flat(self) -> Counter[str]:
        """How many modules lie beside the rooms of each package."""
        return Counter(module.partition(".")[0] for module in self.modules if not room_of(module))

    @property
    def two_way(self) -> list[tuple[str, str]]:
        return sorted(pair for pair in self.arrows if pair[::-1] in self.arrows and pair[0] < pair[1])

    @property
    def verbs(self) -> list[str]:
        """Modules whose name says what they do, not what is in them."""
        names = ((module, module.rpartition(".")[2]) for module in self.modules)
        return sorted(module for module, name in names if name.endswith("ing") and name not in OF_THE_FIELD)


def room_of(module: str) -> str:
    """Return the room that a module stands in; empty where it lies flat in its package."""
    parts = module.split(".")
    return ".".join(parts[:2]) if len(parts) > 2 else ""


def house() -> House:
    """Read the imports of the four packages as they stand on file."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    holders = {module.rpartition(".")[0] for module in graph.modules}
    modules = sorted(module for module in graph.modules - holders if not module.startswith(DATA))
    arrows = _arrows(graph, [one for one in modules if room_of(one)])
    return House(tuple(one for one in modules if _is_code(one)), frozenset(arrows))


def _is_code(module: str) -> bool:
    return module.rpartition(".")[2] not in {"__main__", "samples"}


def _arrows(graph: grimp.ImportGraph, modules: Iterable[str]) -> Iterable[tuple[str, str]]:
    for module in modules:
        for other in graph.find_modules_directly_imported_by(module):
            to, here = room_of(other), room_of(module)
            if to and to != here and to.partition(".")[0] == here.partition(".")[0]:
                yield here, to
