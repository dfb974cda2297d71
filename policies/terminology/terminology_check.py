"""What the schema cannot see in a value set or a drug table: names, code systems, doubles, drugs not there."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from policies.files.problems import Problem
from policies.files.yaml_source import Source
from policies.terminology.code_rows import Row
from policies.terminology.drug_uses import SOLID_TUMORS
from policies.terminology.drugs import Drug, Drugs
from policies.terminology.national_codes import NDC_URI
from policies.terminology.routes import of_words, route_words
from policies.terminology.value_sets import CodeSystem

_PRODUCT = re.compile(r"[0-9]{4,5}-[0-9]{3,4}")


def file_name(source: Source, name: str) -> Iterator[Problem]:
    """Yield a problem if a file is not named by what it is and its version."""
    content: Any = source.content
    expected = f"{name}.{content['version']}.yaml"
    if not source.name.endswith(f"/{expected}"):
        yield source.problem(("version",), "The file is not named by its id and version", f"name it {expected}")


def code_rows(source: Source, rows: Iterable[Row], systems: Mapping[str, CodeSystem]) -> Iterator[Problem]:
    """Yield a problem for every code of an unknown system, and for a national drug code in another form than ours."""
    for path, row in rows:
        system = systems.get(row["system"])
        if system is None:
            cause = f"'{row['system']}' is no code system of systems.yaml"
            yield source.problem((*path, "system"), cause, f"name one of: {', '.join(systems)}")
        elif system.uri == NDC_URI and not _PRODUCT.fullmatch(row["code"]):
            cause = f"'{row['code']}' is not labeler and product of a national drug code"
            yield source.problem((*path, "code"), cause, "write it like 74527-022, without the package")


def listed_twice(source: Source, rows: Iterable[Row], systems: Mapping[str, CodeSystem]) -> Iterator[Problem]:
    """Yield a problem for every code or drug of a value set that stands in it before, however it is spelled."""
    seen: set[tuple[str, str]] = set()
    for path, row in rows:
        keys = set(_keys(row, systems))
        if keys & seen:
            name = row.get("drug") or f"{row['system']} {row['code']}"
            yield source.problem(path, f"'{name}' stands twice in this value set", "keep one of the two")
        seen |= keys


def _keys(row: dict[str, Any], systems: Mapping[str, CodeSystem]) -> Iterable[tuple[str, str]]:
    if "drug" in row:
        return [("drug", row["drug"])]
    system = systems.get(row["system"])
    return system.spellings(row["code"]) if system else ()


def drug_links(source: Source, table: Drugs) -> Iterator[Problem]:
    """Yield a problem for every drug made of one that is not in the table, and for every code claimed twice."""
    for drug in table.by_id.values():
        for word, names in (("contains", drug.contains), ("derived_from", (drug.derived_from,))):
            for name in names:
                if name and name not in table.by_id:
                    yield source.problem(
                        ("drugs", drug.id, word), f"There is no drug '{name}'", "name one of this file"
                    )
    linked = {**table.regimens.names, **table.regimens.exact, **table.regimens.pieces}
    for regimen, drugs in linked.items():
        for name in sorted(drugs - table.by_id.keys()):
            yield source.problem(("regimens",), f"'{regimen}' names no drug '{name}'", "name one of this file")
    for code, first, second in table.clashes():
        cause = f"{code.system.name} {code.code} is claimed by '{first.id}' and by '{second.id}'"
        path = ("drugs", second.id, "codes", second.codes.index(code))
        yield source.problem(path, cause, "leave it with the drug that it names")


def unknown_uses(source: Source, table: Drugs) -> Iterator[Problem]:
    """Yield a problem for every use of a drug that is no disease of the table."""
    for drug in table.by_id.values():
        for name in sorted(set(drug.used_for) - table.diseases.by_id.keys() - {SOLID_TUMORS}):
            path = ("drugs", drug.id, "used_for")
            mend = f"say under 'diseases' how records name it, say '{name}: {{icd10: [G35], words: [its name]}}'"
            yield source.problem(path, f"There is no disease '{name}'", mend)


def routes(source: Source, table: Drugs) -> Iterator[Problem]:
    """Yield a problem for every route that is none, and for every drug whose name or codes say another than it does."""
    known = route_words()
    names = known.routes | known.groups.keys()
    for drug in table.by_id.values():
        named = {*drug.routes, *(one for code in drug.codes for one in code.routes)}
        for name in sorted(named - names):
            cause = f"'{name}' is no route"
            yield source.problem(("drugs", drug.id, "route"), cause, f"name one of: {', '.join(sorted(names))}")
        if not named - names:
            yield from _routes_said(source, drug)


def _routes_said(source: Source, drug: Drug) -> Iterator[Problem]:
    """Yield a problem for a name that speaks of a route that the drug is not bound to, and for a code of another."""
    named, bound = of_words(drug.name), route_words().named(drug.routes)
    if named is not None and not named.routes >= route_words().groups["injected"] and not named.routes & bound:
        mend = "say which: 'route: topical'; without it the drug is found by any route"
        yield source.problem(("drugs", drug.id, "name"), f"'{drug.name}' names a route that it is not bound to", mend)
    for place, code in enumerate(drug.codes):
        words = of_words(code.display)
        said = route_words().named(code.routes) or (words.routes if words is not None else frozenset[str]())
        if bound and said and bound.isdisjoint(said):
            cause = f"{code.system.name} {code.code} is given by another route than '{drug.id}'"
            yield source.problem(("drugs", drug.id, "codes", place), cause, "leave it with a drug of its own route")
