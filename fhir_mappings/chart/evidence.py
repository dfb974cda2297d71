"""Making evidence of records."""

from collections.abc import Iterable
from typing import Protocol

from fhir_mappings.clinical.dates import Span
from fhir_mappings.clinical.values import Coding
from policies.model.notes import Evidence, Role, Said, Strength


class Dated(Protocol):
    """A record on file: its name, and when its matter was."""

    @property
    def reference(self) -> str:
        """Return the name of its source."""

    @property
    def when(self) -> Span | None:
        """Return the days that it is of."""


def shows(
    record: Dated,
    summary: Said,
    coding: Coding | None = None,
    role: Role = Role.FOR,
    strength: Strength = Strength.STRONG,
) -> Evidence:
    """Build evidence of a record: what it shows, dated by the record itself."""
    when = record.when
    system, code = (coding.system or "", coding.code or "") if coding is not None else ("", "")
    return Evidence(record.reference, summary, when.written if when else "", role, system, code, strength)


def as_role(evidence: Iterable[Evidence], role: Role) -> tuple[Evidence, ...]:
    """Return the same evidence in another role, say as merely possible."""
    return tuple([one if one.role is role else one._replace(role=role) for one in evidence])
