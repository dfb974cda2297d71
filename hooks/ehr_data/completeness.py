"""What a call's chart lacks: worked out from what came and what was had, whether or not anything could be asked for.

Kinds of lack: a page that was not followed, fewer resources than a bundle says there are, what the client's server says
went wrong, a key of discovery that failed, and a key that neither came nor could be asked for (`docs/fetching.md`).
Reading 25 of the payer: such a chart proves what it proves, and is never approved by the machine.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass

import msgspec

from fhir_mappings.chart.chart import Located
from fhir_mappings.chart.completeness import pages_lack
from fhir_mappings.chart.lacks import Lack, Why
from hooks.ehr_data.fetch_port import Fetched
from hooks.ehr_data.gaps import Lacking, Templates, failed_keys, kind_of
from hooks.request.call import Call


@dataclass(frozen=True, slots=True)
class Completeness:
    """What a call and what was fetched for it lack of what the prefetch templates ask for."""

    call: Call
    templates: Templates
    fetched: Fetched

    def lacks(self, located: list[Located]) -> tuple[Lack, ...]:
        """Return what is lacking, each once; `located` are all resources that came or were had."""
        found = dict.fromkeys((*self._of_keys(), *self._not_brought(located), *self._not_had()))
        return tuple(sorted(found, key=lambda one: (one.kind, one.why.value))) if len(found) > 1 else tuple(found)

    @property
    def _had(self) -> Set[str]:
        """Return the names of what was had in full; a call that was kept holds bodies, and no steps."""
        fetched = self.fetched
        if not fetched.bodies and not fetched.steps:
            return frozenset()
        missing = {one.reference for one in fetched.missing}
        return fetched.had | ({name for name, _ in fetched.bodies} - missing)

    def _of_keys(self) -> Iterator[Lack]:
        """Yield what the values of the prefetch, with the pages that were fetched to them, say of themselves."""
        names, had, failed = Lacking(self.call, self.templates), self._had, failed_keys(self.call)
        prefetch, templates = self.call.prefetch, self.templates
        fetched = {name: [body for one, body in self.fetched.bodies if one == name] for name, _ in self.fetched.bodies}
        for key, raw in prefetch.values.items():
            kind, name = templates.kind(key), names.name(key) if fetched or had else ""
            pages = [(msgspec.Raw(one), None) for one in fetched.pop(name)] if name in fetched else []
            if key in failed and name not in had:
                yield Lack(kind, Why.NOT_PROVIDED)
            first = [] if key in failed else [(raw, prefetch.entries.get(key))]
            yield from pages_lack([*first, *pages], kind, ended=name in had)
        for name, bodies in fetched.items():
            yield from pages_lack([(msgspec.Raw(one), None) for one in bodies], kind_of(name), ended=name in had)

    def _not_brought(self, located: list[Located]) -> Iterator[Lack]:
        """Yield the keys of discovery that did not come, and whose search nobody could or would ask for."""
        values = self.call.prefetch.values
        absent = [(key, one.kind) for key, one in self.templates.by_key.items() if key not in values]
        if not absent:
            return
        names, had = Lacking(self.call, self.templates), self._had
        brought = names.brought(located)
        for key, kind in absent:
            if kind not in brought and not (had and names.name(key) in had):
                yield Lack(kind, Why.NOT_ASKED)

    def _not_had(self) -> Iterator[Lack]:
        """Yield what was asked for, or could not be asked for, and did not come in full."""
        for one in self.fetched.missing:
            yield Lack(kind_of(one.reference), Why.NOT_HAD if one.sought else Why.NOT_ASKED)
