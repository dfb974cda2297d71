"""`ValueSet/$expand`: the codes of a value set as of today, whole or a page of those that fit a text.

Source: FHIR R4, "Value Set Expansion"; DTR 2.2.0, oper-5. Only value sets of ours are expanded, by their canonical URL;
parameters that we do not know are left alone, and `expansion.parameter` tells which were used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from cds_service.dtr.errors import DtrError, Fault
from cds_service.dtr.parameters import Parameters, read_parameters
from fhir_mappings.publication.artifacts import Artifacts
from fhir_mappings.publication.expansion import Excerpt, expanded

Json = dict[str, Any]
_NAMES = frozenset({"url", "valueSetVersion", "filter", "offset", "count"})


class _Parameter(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    value_uri: str = ""
    value_canonical: str = ""
    value_url: str = ""
    value_string: str = ""
    value_integer: int | None = None

    @property
    def text(self) -> str:
        """Return the value as the query of an address would hold it."""
        if self.value_integer is not None:
            return str(self.value_integer)
        return self.value_uri or self.value_canonical or self.value_url or self.value_string


def read_expand_input(body: bytes, max_depth: int) -> tuple[tuple[str, str], ...]:
    """Read the body of a POST, a Parameters resource; returns names and values; raises DtrError."""
    read = read_parameters(body, max_depth, Parameters[_Parameter])
    return tuple((one.name, one.text) for one in read.parameter)


@dataclass(frozen=True, slots=True)
class Expanding:
    """Answers calls for expansions."""

    value_sets: Artifacts

    def answer(self, given: tuple[tuple[str, str], ...], today: date) -> Json:
        """Return the value set with its expansion; raises DtrError."""
        values = dict(_single(given))
        url = values.get("url", "")
        if not url:
            raise DtrError(Fault.REQUIRED, "name the value set by its canonical: parameter url")
        found = self.value_sets.named(url, values.get("valueSetVersion", ""))
        if found is None:
            raise DtrError(Fault.ABSENT, "there is no value set of this url and version here")
        count = _number(values, "count")
        wanted = Excerpt(values.get("filter", "").strip(), _number(values, "offset") or 0, count)
        return expanded(found, today, wanted)


def _single(given: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    """Yield the parameters that we know; raises DtrError for one that is given twice."""
    known = [(name, value) for name, value in given if name in _NAMES]
    for name, value in known:
        if [one for one, _ in known].count(name) > 1:
            raise DtrError(Fault.INVALID, f"parameter {name} is given more than once")
        yield name, value


def _number(values: Mapping[str, str], name: str) -> int | None:
    text = values.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise DtrError(Fault.VALUE, f"parameter {name} is no whole number from 0")
    return int(text)
