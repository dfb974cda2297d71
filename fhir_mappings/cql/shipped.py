"""The logic as it is shipped: the CQL of each policy version and the ELM that the translator made of it.

Both are written by `make cql` and read once, at the start. What no longer fits its policy is left out.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from fhir_mappings.cql.digest import digest, populated
from fhir_mappings.cql.writer import BASE, library_name
from fhir_mappings.population.phrases import Codes
from policies.model.criteria import Fact
from policies.model.policy import Policy
from policies.terminology.registry import Terminology

Logics = Mapping[tuple[str, str], "Logic"]
"""The logic of policies, by policy id and version (ISO date)."""

NO_LOGIC: Logics = MappingProxyType({})

_LOG = logging.getLogger(__name__)
_WRITTEN_FROM = "// Written from: "


@dataclass(frozen=True, slots=True)
class Logic:
    """The logic of a policy version: its library's name, CQL and ELM (JSON), and the facts that it answers."""

    codes: Codes
    name: str
    cql: str
    elm: str
    facts: tuple[Fact, ...]

    @property
    def policy(self) -> Policy:
        """Return the policy whose facts it answers."""
        return self.codes.policy


def file_name(policy: Policy, kind: str) -> str:
    """Return the name of a policy's file; `kind` is cql or elm.json."""
    return f"{policy.id}.{policy.version}.{kind}"


def on_file() -> Traversable:
    """Return the folder of the shipped files."""
    return files("fhir_mappings.cql").joinpath("compiled")


def logics(
    policies: Iterable[Policy], terminology: Terminology, base: str, folders: Sequence[Traversable] = ()
) -> Logics:
    """Return the logic of each policy that has some which fits, in the first of some folders that holds it.

    `base` is our own base URL; without folders it is that of the program. Logic that was written from another state of
    the policy is left out, with a warning.
    """
    homes = tuple(folders) or (on_file(),)
    found = (_logic(policy, terminology, base, _home(policy, homes)) for policy in policies)
    return {(one.policy.id, one.policy.version.isoformat()): one for one in found if one is not None}


def _home(policy: Policy, homes: Sequence[Traversable]) -> Traversable:
    """Return the first folder that holds the logic of a policy, else the last."""
    return next((one for one in homes if one.joinpath(file_name(policy, "cql")).is_file()), homes[-1])


def _logic(policy: Policy, terminology: Terminology, base: str, folder: Traversable) -> Logic | None:
    cql, elm = (folder.joinpath(file_name(policy, kind)) for kind in ("cql", "elm.json"))
    if not (cql.is_file() and elm.is_file()):
        return None
    text = cql.read_text(encoding="utf-8")
    if f"{_WRITTEN_FROM}{digest(policy, terminology)}\n" not in text:
        _LOG.warning(
            "the population logic of %s %s is of another state of the policy, and is left out; run `make cql`",
            policy.id,
            policy.version,
        )
        return None
    own_cql, own_elm = (one.replace(BASE, base) for one in (text, elm.read_text(encoding="utf-8")))
    codes = Codes(policy, terminology)
    return Logic(codes, library_name(policy), own_cql, own_elm, populated(codes))
