"""The FHIR half of every kind of fact, collected from the modules of `fhir_mappings.facts` and `general_facts`.

A kind without a record there stops the start.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from fhir_mappings import facts, general_facts
from fhir_mappings.facts.fhir_kind import FhirKind
from policies.kinds.registry import KINDS
from policies.model.fact_kinds import Kind


def _records() -> Iterator[FhirKind]:
    for room in (facts, general_facts):
        for module in iter_modules(room.__path__, f"{room.__name__}."):
            yield from getattr(import_module(module.name), "RECORDS", ())


_FOUND = {record.kind: record for record in _records()}
FHIR_KINDS: Mapping[Kind, FhirKind] = MappingProxyType({kind: _FOUND[kind] for kind in KINDS.values()})
"""The record of each kind, in the order of the kinds."""
