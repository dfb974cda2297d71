"""FHIR in: the codes of a public value set, from a ValueSet (R4) or an export of VSAC, and the file that pins them.

Sources: FHIR R4, ValueSet (expansion, else compose of listed concepts); the text export of NLM's Value Set Authority
Center: some lines about the set, then a line of headings, then a code a line. What is listed by a rule and not by codes
cannot be imported: only its expansion can.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from policies.terminology.value_sets import CodeSystem

_CODE, _TITLE, _SYSTEM = "code", "description", "code system"
_BY_NAME = {"ICD10CM": "ICD10CM", "SNOMEDCT": "SNOMED", "SNOMEDCTUS": "SNOMED", "LOINC": "LOINC", "RXNORM": "RXNORM"}


class ImportedSetError(ValueError):
    """A file that holds no codes that can be imported; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class ImportedSet:
    """What a public value set says: its title, what it is called with its version, and its codes.

    Codes are by system (its short name of ours) and code, with their displays. `left_out` are those of systems that we
    do not know, by the name that the file gives the system.
    """

    title: str
    source: str
    codes: Mapping[tuple[str, str], str]
    left_out: Mapping[str, int]


def imported(text: str, systems: Mapping[str, CodeSystem]) -> ImportedSet:
    """Read a ValueSet as JSON, or an export of VSAC as text; raises ImportedSetError."""
    is_json = text.lstrip().startswith("{")
    title, source, rows = _of_fhir(text) if is_json else _of_export(text)
    names = {spelling: one.name for one in systems.values() for spelling in (one.uri, *one.also)}
    codes: dict[tuple[str, str], str] = {}
    left_out: dict[str, int] = {}
    for system, code, display in rows:
        name = names.get(system) or _BY_NAME.get(system.upper().replace("-", "").replace(" ", ""))
        if name is None:
            left_out[system] = left_out.get(system, 0) + 1
        else:
            codes[name, code] = display
    if not codes:
        raise ImportedSetError("It lists no code of a system that we know. Import its expansion, not its rule.")
    return ImportedSet(title, source, codes, left_out)


_Row = tuple[str, str, str]


def _of_fhir(text: str) -> tuple[str, str, list[_Row]]:
    try:
        found: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise ImportedSetError(f"This is not JSON: {error}") from None
    if found.get("resourceType") != "ValueSet":
        raise ImportedSetError("This is no ValueSet. Export the value set itself, as JSON.")
    source = "|".join(str(found[name]) for name in ("url", "version") if found.get(name))
    rows = list(_expanded(found.get("expansion", {}).get("contains", ())))
    listed = (_listed(one) for one in found.get("compose", {}).get("include", ()))
    return str(found.get("title") or found.get("name") or ""), source, rows or [row for some in listed for row in some]


def _expanded(contained: Any) -> Iterator[_Row]:
    for one in contained:
        if one.get("code") and not one.get("abstract") and not one.get("inactive"):
            yield str(one.get("system", "")), str(one["code"]), str(one.get("display", one["code"]))
        yield from _expanded(one.get("contains", ()))


def _listed(include: Mapping[str, Any]) -> Iterator[_Row]:
    for one in include.get("concept", ()):
        yield str(include.get("system", "")), str(one["code"]), str(one.get("display", one["code"]))


def _of_export(text: str) -> tuple[str, str, list[_Row]]:
    lines = text.splitlines()
    at = next((number for number, line in enumerate(lines) if _is_heading(line)), None)
    if at is None:
        raise ImportedSetError("This is neither a ValueSet nor an export of VSAC: no line has the headings of codes.")
    sign = _separator(lines[at])
    about = {row[0].strip().lower(): row[1].strip() for row in csv.reader(lines[:at], delimiter=sign) if len(row) > 1}
    heads = [one.strip().lower() for one in next(csv.reader([lines[at]], delimiter=sign))]
    places = [heads.index(name) for name in (_SYSTEM, _CODE, _TITLE)]
    body = [row for row in csv.reader(lines[at + 1 :], delimiter=sign) if len(row) > max(places)]
    rows = [(row[places[0]].strip(), row[places[1]].strip(), row[places[2]].strip()) for row in body]
    parts = (about.get("oid", ""), about.get("definition version", "") or about.get("expansion version", ""))
    return about.get("value set name", ""), "|".join(one for one in parts if one), rows


def _separator(line: str) -> str:
    return max("\t|,", key=line.count)


def _is_heading(line: str) -> bool:
    heads = {one.strip().strip('"').lower() for one in line.split(_separator(line))}
    return {_CODE, _TITLE, _SYSTEM} <= heads


def value_set_file(name: str, day: date, found: ImportedSet) -> str:
    """Write the file of a value set that holds imported codes, each verified by the public set that it is from."""
    head = [
        "# Never edited after release: a change is a new file with a new version.",
        f"id: {name}",
        f"version: {day}",
        f"title: {json.dumps(found.title or name, ensure_ascii=False)}",
        f"says: {json.dumps(f'The codes of {found.source or found.title}.', ensure_ascii=False)}",
        "codes:",
    ]
    return "\n".join([*head, *_rows(found)]) + "\n"


def _rows(found: ImportedSet) -> Iterator[str]:
    for system in dict.fromkeys(name for name, _ in found.codes):
        yield f"  - system: {system}"
        yield "    confidence: verified"
        yield f"    source: {json.dumps(found.source or found.title, ensure_ascii=False)}"
        yield "    listed:"
        for (name, code), display in sorted(found.codes.items()):
            if name == system:
                yield f"      {json.dumps(code)}: {json.dumps(display, ensure_ascii=False)}"
