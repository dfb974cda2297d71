"""Which policies are in force by the settings, and what is published of them.

Their forms, and the value sets, code systems and libraries beside them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from cds_service.app.settings import Settings, SettingsError
from fhir_mappings.cql.library import former_names, libraries
from fhir_mappings.cql.shipped import logics, on_file
from fhir_mappings.publication.artifacts import Artifacts
from fhir_mappings.publication.code_systems import code_systems
from fhir_mappings.publication.value_sets import value_sets
from fhir_mappings.questionnaires.published import Shelf
from fhir_mappings.wording import Wording, wording
from policies import catalogue, sign_offs
from policies.catalogue import Catalogue
from policies.compiled import hash_of

FORMS = "forms"
"""The name of the proof that every form of some policies can be written."""
_PARTS = ("data", "value_sets")


@dataclass(frozen=True, slots=True)
class Imprint:
    """Under which base and whose name it is published, and in which languages: first the service's own."""

    base: str
    name: str
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """The forms, written when they are first asked for, and what stands beside them, by its type.

    `is_proven`: every form was written once, from these very policies by this very program, when they were compiled.
    """

    shelf: Callable[[], Shelf]
    artifacts: Mapping[str, Artifacts]
    is_proven: bool = False


Publishing = Callable[[Catalogue, Imprint], Published]
"""Writes what is published."""


def published(policies: Catalogue, imprint: Imprint, logic_folders: Sequence[Traversable] = ()) -> Published:
    """Write what is published; `logic_folders` hold the population logic, by default that of the program."""
    base, name = imprint.base, imprint.name
    say, *others = map(wording, imprint.languages)
    logic = logics(policies.all, policies.terminology, base, logic_folders)
    written = (
        Artifacts.of("ValueSet", value_sets(policies, base, name)),
        Artifacts.of("CodeSystem", code_systems(policies, base, name, say)),
        Artifacts.of("Library", libraries(logic.values(), base), former_names(logic.values())),
    )
    return Published(
        shelf=cache(lambda: Shelf.of(policies, base, say, logic, tuple(others))),
        artifacts={one.kind: one for one in written},
        is_proven=FORMS in policies.proofs and policies.proofs[FORMS] == proof_of_forms(logic_folders),
    )


def proof_of_forms(logic_folders: Sequence[Traversable] = ()) -> str:
    """Return the hash of all that forms are written with beside the policies: the code, its texts, and the logic."""
    home = Path(str(files("fhir_mappings")))
    code = hash_of(home, "*.py", "*.yaml", "*.json", "*.cql")
    return b"".join((code, *(hash_of(Path(str(one)), "*") for one in logic_folders))).hex()


def draft_title(say: Wording) -> Callable[[str], str]:
    """Return how a policy is titled that is a draft: all that shows its title says so."""
    return lambda title: say("policy.draft", title=title)


def policies_of(settings: Settings, *, signed: bool) -> Catalogue:
    """Read the policies of the settings' folder, by default those of the program; a bad one stops the start."""
    folder = Path(settings.policies_folder) if settings.policies_folder else None
    if folder is not None and not all((folder / part).is_dir() for part in _PARTS):
        raise SettingsError(f"policies_folder: '{folder}' is no policies folder: it has no {' and '.join(_PARTS)}")
    found = catalogue.load(folder, beside=settings.policies_beside)
    if not found.all:
        raise SettingsError(f"policies_folder: '{folder}' holds no policy")
    return found if folder is None or not signed else _as_signed(found, folder, settings)


def _as_signed(found: Catalogue, folder: Path, settings: Settings) -> Catalogue:
    """Return a folder's policies as drafts where they are tried, else those that are signed off, where any need be."""
    signed = sign_offs.sign_offs(folder)
    if not settings.policies_are_drafts and signed is None:
        return found
    own = catalogue.load().ids if settings.policies_beside else ()
    titled = draft_title(wording(settings.language))
    if settings.policies_are_drafts:
        return found.as_drafts(titled, own)
    return found.in_force(lambda one: sign_offs.is_signed(folder, one, signed or ()), titled, own)


def logic_folders(settings: Settings) -> tuple[Traversable, ...]:
    """Return where population logic stands: with own policies, and in the program where both are in force."""
    own = [Path(settings.policies_folder) / "logic"] if settings.policies_folder else []
    return (*own,) if own and not settings.policies_beside else (*own, on_file())
