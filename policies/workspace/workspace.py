"""The desk: a policies folder with all that is on file in it, and where in its files everything stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path as FilePath

from policies import catalogue
from policies.catalogue import Catalogue
from policies.files.problems import PolicyError, Problem
from policies.files.yaml_source import Source, read
from policies.model.policy import Policy
from policies.terminology import references, registry
from policies.terminology.drugs import Drug
from policies.terminology.references import Reference
from policies.terminology.registry import Terminology
from policies.terminology.value_sets import ValueSet
from policies.testcases import reader
from policies.testcases.casebook import Case


@dataclass(frozen=True, slots=True)
class Desk:
    """A policies folder: what is built from it, its policy files by id and version, its cases and their files.

    `references` are the public sets that its value sets are measured by. `beneath` is the terminology of the program,
    where that of the folder lies over it.
    """

    folder: FilePath
    catalogue: Catalogue
    sources: Mapping[tuple[str, date], Source]
    cases: tuple[Case, ...]
    case_files: tuple[Source, ...]
    references: tuple[Reference, ...] = ()
    beneath: Terminology | None = None

    @property
    def own_sets(self) -> Mapping[tuple[str, str], ValueSet]:
        """Return the value sets that stand in the folder itself, by name and version."""
        known = self.beneath.sets if self.beneath is not None else {}
        return {name: one for name, one in self.catalogue.terminology.sets.items() if name not in known}

    @property
    def own_drugs(self) -> tuple[Drug, ...]:
        """Return the drugs of the newest drug table that stand in the folder itself."""
        tables = self.beneath.drug_tables if self.beneath is not None else {}
        known = tables[max(tables)].by_id if tables else {}
        return tuple(one for name, one in self.catalogue.drugs.by_id.items() if name not in known)

    def source(self, policy: Policy) -> Source:
        """Return the file of a policy."""
        return self.sources[policy.id, policy.version]

    def newest(self, policy_id: str) -> Policy:
        """Return the newest version of a policy; raises UnknownVersionError if there is none of that id."""
        return self.catalogue.versions(policy_id).policies[-1]

    def cases_of(self, policy_id: str) -> tuple[Case, ...]:
        """Return the cases of a policy."""
        return tuple(case for case in self.cases if case.policy == policy_id)


def own_folder() -> FilePath:
    """Return the policies folder of this package."""
    return FilePath(str(files("policies")))


def lay_out(folder: FilePath | None = None) -> Desk:
    """Read a policies folder, by default this package's; raises PolicyError with every fault that stops the building.

    `folder` is a copy of the whole folder: policies under `data`, `value_sets`, `cases`, and `references` if there are.
    """
    home = folder or own_folder()
    _has_its_parts(home)
    built = catalogue.load(home, compiled_too=False)
    known = reader.load(built, home / "cases")
    sources = {(one.id, one.version): _source(home, one) for one in built.all}
    casebooks = tuple(read(file, f"cases/{file.name}") for file in reader.files_in(home / "cases"))
    public = references.load(home / "references", built.terminology.systems)
    return Desk(home, built, sources, known, casebooks, public, _beneath(home))


def _beneath(home: FilePath) -> Terminology | None:
    """Return the terminology of the program where a folder has no code systems of its own: it lies over it."""
    is_whole = (home / "value_sets" / "systems.yaml").is_file()
    return None if is_whole else registry.load(own_folder() / "value_sets")


def _has_its_parts(home: FilePath) -> None:
    missing = [name for name in ("data", "value_sets", "cases") if not (home / name).is_dir()]
    if missing:
        cause = f"This is no policies folder: {', '.join(missing)} is missing"
        mend = "make them in it, or copy the whole folder: cp -r policies ELSEWHERE"
        raise PolicyError([Problem(str(home), 1, 1, (), cause, mend)])


def _source(home: FilePath, policy: Policy) -> Source:
    name = f"{policy.id}/{policy.version}.yaml"
    return read(home / "data" / name, f"data/{name}")
