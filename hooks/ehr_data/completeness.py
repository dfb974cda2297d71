"""What a call's chart lacks: worked out from what came and what was had, whether or not anything could be asked for.

Kinds of lack: a page that was not followed, fewer resources than a bundle says there are, what the client's server says
went wrong, a key of discovery that failed, and a key that neither came nor could be asked for (`docs/fetching.md`).
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

import msgspec

from fhir_mappings.chart.chart import Located
from fhir_mappings.chart.completeness import pages_lack
from fhir_mappings.chart.lacks import Lack, Why
from hooks.ehr_data.fetch_port import Fetched
from hooks.ehr_data.gaps import Lacking, failed_keys
from hooks.request.call import Call


@dataclass(frozen=True, slots=True)
class Completeness:
    """What a call and what was fetched for it lack of what the prefetch templates ask for."""

    call: Call
    templates: Mapping[str, str]
    fetched: Fetched

    def lacks(self, located: list[Located]) -> tuple[Lack, ...]:
        """Return what is lacking, each once; `located` are all resources that came or were had."""
        found = (*self._of_keys(), *self._not_brought(located), *self._not_had())
        return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.kind, one.why.value)))

    @property
    def _had(self) -> Set[str]:
        """Return the names of what was had in full; a call that was kept holds bodies, and no steps."""
        missing = {one.reference for one in self.fetched.missing}
        return self.fetched.had | ({name for name, _ in self.fetched.bodies} - missing)

    def _of_keys(self) -> Iterator[Lack]:
        """Yield what the values of the prefetch, with the pages that were fetched to them, say of themselves."""
        names, had, failed = Lacking(self.call, self.templates), self._had, failed_keys(self.call)
        values = self.call.prefetch.values
        fetched = {name: [body for one, body in self.fetched.bodies if one == name] for name, _ in self.fetched.bodies}
        for key, raw in values.items():
            name = names.name(key)
            kind, pages = _kind(name), [(msgspec.Raw(one), None) for one in fetched.pop(name, [])]
            if key in failed and name not in had:
                yield Lack(kind, Why.NOT_PROVIDED)
            first = [] if key in failed else [(raw, self.call.prefetch.entries.get(key))]
            yield from pages_lack([*first, *pages], kind, ended=name in had)
        for name, bodies in fetched.items():
            yield from pages_lack([(msgspec.Raw(one), None) for one in bodies], _kind(name), ended=name in had)

    def _not_brought(self, located: list[Located]) -> Iterator[Lack]:
        """Yield the keys of discovery that did not come, and whose search nobody could or would ask for."""
        names, had, values = Lacking(self.call, self.templates), self._had, self.call.prefetch.values
        absent = [key for key in self.templates if key not in values]
        brought = names.brought(located) if absent else set()
        for key in absent:
            name = names.name(key)
            kind = _kind(name)
            if name not in had and kind not in brought:
                yield Lack(kind, Why.NOT_ASKED)

    def _not_had(self) -> Iterator[Lack]:
        """Yield what was asked for, or could not be asked for, and did not come in full."""
        for one in self.fetched.missing:
            yield Lack(_kind(one.reference), Why.NOT_HAD if one.sought else Why.NOT_ASKED)


def _kind(name: str) -> str:
    """Return the type of a search or a read; empty for a key that nobody here knows."""
    kind = name.partition("?")[0].partition("/")[0]
    return kind if kind[:1].isupper() else ""
