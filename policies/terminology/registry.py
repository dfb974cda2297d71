"""All value sets and drug tables on file, by name and version, read from YAML once at the start."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any

from policies.files import schema_check
from policies.files.problems import Path, PolicyError, Problem, UnknownVersionError
from policies.files.yaml_source import Source, read
from policies.terminology.code_rows import routes_of, spread
from policies.terminology.drug_uses import Disease, Diseases, DrugNames, Unlisted
from policies.terminology.drugs import Drug, DrugCode, Drugs
from policies.terminology.regimens import Regimens
from policies.terminology.scales import Conversion, Scale
from policies.terminology.terminology_check import (
    code_rows,
    drug_links,
    file_name,
    listed_twice,
    routes,
    unknown_uses,
)
from policies.terminology.units import is_unit
from policies.terminology.value_sets import CodeSet, CodeSystem, DrugSet, Member, SetWords, ValueSet

DRUG_TABLE = "drugs"
"""The name under which a policy pins the drug table."""


@dataclass(frozen=True, slots=True)
class Terminology:
    """Every value set and drug table, by (name, version), and the code systems by their short names."""

    systems: Mapping[str, CodeSystem]
    sets: Mapping[tuple[str, str], ValueSet]
    drug_tables: Mapping[str, Drugs]

    def codes(self, name: str, version: str) -> CodeSet:
        """Return a value set of codes; raises UnknownVersionError if there is none of that name and version."""
        found = self.sets.get((name, version))
        if not isinstance(found, CodeSet):
            raise UnknownVersionError(f"no value set of codes '{name}' of {version}")
        return found

    def drug_set(self, name: str, version: str) -> DrugSet:
        """Return a value set of drugs; raises UnknownVersionError if there is none of that name and version."""
        found = self.sets.get((name, version))
        if not isinstance(found, DrugSet):
            raise UnknownVersionError(f"no value set of drugs '{name}' of {version}")
        return found

    def drugs(self, version: str) -> Drugs:
        """Return a drug table; raises UnknownVersionError if there is none of that version."""
        found = self.drug_tables.get(version)
        if found is None:
            raise UnknownVersionError(f"no drug table of {version}")
        return found

    @property
    def tests(self) -> dict[str, CodeSet]:
        """Return the newest version of each value set of tests, by its name, which ends in "-tests"."""
        known = sorted(self.sets.items(), key=lambda one: one[0])
        return {name: one for (name, _), one in known if name.endswith("-tests") and isinstance(one, CodeSet)}


def load(folder: FilePath) -> Terminology:
    """Read `systems.yaml`, the drug tables and the value sets of a folder; raises PolicyError with every fault.

    A folder without `systems.yaml` lies over that of the program: a file of its own goes before one of the same name.
    """
    below = FilePath(str(files("policies").joinpath("value_sets")))
    is_whole = (folder / "systems.yaml").is_file()
    systems = _systems(_checked((folder if is_whole else below) / "systems.yaml", "systems"))
    tables: dict[str, Drugs] = {}
    sets: dict[tuple[str, str], ValueSet] = {}
    problems: list[Problem] = []
    beside = {} if is_whole else {file.name: file for file in below.glob("*.yaml")}
    found = beside | {file.name: file for file in folder.glob("*.yaml")}
    for name, file in sorted(found.items()):
        if name == "systems.yaml":
            continue
        try:
            _load_one(file, systems, tables, sets)
        except PolicyError as error:
            problems += error.problems
    if problems:
        raise PolicyError(problems)
    return Terminology(systems, sets, tables)


def _load_one(
    file: FilePath,
    systems: Mapping[str, CodeSystem],
    tables: dict[str, Drugs],
    sets: dict[tuple[str, str], ValueSet],
) -> None:
    if file.name.startswith(f"{DRUG_TABLE}."):
        table = _drug_table(_checked(file, "drugs"), systems, tables)
        tables[table.version] = table
        return
    value_set = _value_set(_checked(file, "value-set"), systems)
    sets[value_set.name, value_set.version] = value_set


def _checked(file: FilePath, schema: str) -> Source:
    source = read(file, f"{file.parent.name}/{file.name}")
    schema_check.check(source, schema)
    return source


def _systems(source: Source) -> dict[str, CodeSystem]:
    content: Any = source.content
    return {
        name: CodeSystem(
            name,
            entry["uri"],
            entry["title"],
            tuple(entry.get("also", ())),
            entry.get("ignores_case", False),
            entry.get("dots_may_be_missing", False),
        )
        for name, entry in content["systems"].items()
    }


def _value_set(source: Source, systems: Mapping[str, CodeSystem]) -> ValueSet:
    content: Any = source.content
    head = (content["id"], content["version"], content["title"], content["says"])
    word = "drugs" if "drugs" in content else "codes"
    rows = list(spread((word,), content[word]))
    wrong = code_rows(source, rows, systems) if word == "codes" else ()
    _raise([*file_name(source, content["id"]), *wrong, *listed_twice(source, rows, systems)])
    if word == "drugs":
        return DrugSet(*head, {entry["drug"]: entry.get("role", "") for entry in content["drugs"]})
    members = (_member(entry, systems) for _, entry in rows)
    return CodeSet(*head, members, _words(source, content))


def _words(source: Source, content: dict[str, Any]) -> SetWords:
    """Return what a value set says beside its codes; raises PolicyError for a unit that UCUM does not know."""
    named, others = (tuple(content.get(word, ())) for word in ("named", "not_named"))
    return SetWords(named, _scale(source, content.get("scale")), others)


def _scale(source: Source, entry: dict[str, Any] | None) -> Scale | None:
    """Build the scale of the results of some tests; raises PolicyError for a unit that UCUM does not know."""
    if entry is None:
        return None
    units: list[tuple[Path, str]] = [(("scale", "unit"), entry["unit"])]
    units += [(("scale", "also", at, "unit"), row["unit"]) for at, row in enumerate(entry.get("also", ()))]
    mend = "write it as UCUM does: %, g/dL, 10*9/L, kg/m2, {score}"
    _raise(source.problem(path, f"'{unit}' is no unit of UCUM", mend) for path, unit in units if not is_unit(unit))
    also = {
        row["unit"]: Conversion(
            Decimal(row["times"]), Decimal(row.get("plus", 0)), row.get("digits"), row.get("own_digits")
        )
        for row in entry.get("also", ())
    }
    return Scale(entry["unit"], Decimal(entry["lowest"]), Decimal(entry["highest"]), also)


def _member(entry: dict[str, Any], systems: Mapping[str, CodeSystem]) -> Member:
    return Member(
        systems[entry["system"]],
        entry["code"],
        entry["display"],
        entry["confidence"],
        entry["source"],
        entry.get("means", ""),
        entry.get("general", False),
    )


def _drug_table(source: Source, systems: Mapping[str, CodeSystem], known: Mapping[str, Drugs]) -> Drugs:
    """Build a drug table; it holds what the older one does that it names, but for what it says itself."""
    content: Any = source.content
    below = known.get(content.get("beside", ""))
    if below is None and "beside" in content:
        cause = f"There is no older drug table of {content['beside']}"
        _raise([source.problem(("beside",), cause, f"name one of: {', '.join(known)}")])
    rows = (row for name, entry in content["drugs"].items() for row in spread(("drugs", name, "codes"), entry["codes"]))
    _raise([*file_name(source, DRUG_TABLE), *code_rows(source, rows, systems)])
    diseases = {**below.diseases.by_id} if below is not None else {}
    for name, entry in content.get("diseases", {}).items():
        words, icd10 = tuple(entry["words"]), tuple(entry.get("icd10", ()))
        diseases[name] = Disease(name, icd10, words, entry.get("solid", False))
    drugs = {**below.by_id} if below is not None else {}
    drugs |= {name: _drug(name, entry, systems) for name, entry in content["drugs"].items()}
    unlisted = below.unlisted if below is not None and "unlisted" not in content else None
    known_else = unlisted or _unlisted(content.get("unlisted"), systems)
    not_of_cancer = _others(content.get("others")) or (below.others if below is not None else None)
    regimens = _regimens(content.get("regimens")) or (below.regimens if below is not None else None)
    table = Drugs(content["version"], drugs.values(), Diseases(diseases.values()), known_else, not_of_cancer, regimens)
    _raise([*drug_links(source, table), *unknown_uses(source, table), *routes(source, table)])
    return table


def _others(entry: dict[str, Any] | None) -> DrugNames | None:
    return DrugNames(frozenset(entry["names"]), tuple(entry["endings"])) if entry is not None else None


def _regimens(entry: dict[str, Any] | None) -> Regimens | None:
    if entry is None:
        return None
    names, exact, pieces = (
        {name: frozenset(drugs) for name, drugs in entry[word].items()} for word in ("names", "exact", "pieces")
    )
    return Regimens(names, exact, pieces, frozenset(entry["passed_over"]))


def _unlisted(entry: dict[str, Any] | None, systems: Mapping[str, CodeSystem]) -> Unlisted:
    if entry is None:
        return Unlisted()
    codes = (
        (uri, row["begins"])
        for row in entry["codes"]
        for uri in (systems[row["system"]].uri, *systems[row["system"]].also)
    )
    endings = (tuple(entry["endings"]), tuple(entry["not_endings"]))
    return Unlisted(frozenset(entry["names"]), *endings, tuple(codes), frozenset(entry.get("classes", ())))


def _drug(name: str, entry: dict[str, Any], systems: Mapping[str, CodeSystem]) -> Drug:
    codes = tuple(
        DrugCode(
            systems[row["system"]],
            row["code"],
            row["display"],
            row["confidence"],
            row["source"],
            row.get("since", ""),
            routes_of(row),
        )
        for _, row in spread((), entry["codes"])
    )
    parts = (tuple(entry.get("contains", ())), entry.get("derived_from", ""), tuple(entry.get("also_called", ())))
    uses = (entry.get("part", ""), tuple(entry.get("typical", ())), tuple(entry.get("used_for", ())))
    return Drug(name, entry["name"], codes, *parts, *uses, tuple(entry.get("abbreviated", ())), routes_of(entry))


def _raise(problems: Iterable[Problem]) -> None:
    found = tuple(problems)
    if found:
        raise PolicyError(found)
