"""The files of the world with pieces replaced, as policies and as folders, and what the workbench says of them."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from policies.building.policy import build
from policies.checks.remarks import Remark
from policies.files.yaml_source import Source, parse
from policies.model.policy import Policy
from policies.terminology.drugs import Drug, Drugs
from policies.terminology.registry import Terminology
from policies.testcases import reader
from policies.testcases.casebook import Case
from policies.workspace.workspace import Desk
from tests import world
from tests.world import FOLDER, copy_of

__all__ = ["copy_of"]

MARGETUXIMAB = "data/margetuximab/2026-05-06.yaml"
ELRANATAMAB = "data/elranatamab/2025-12-11.yaml"
LATER = "2027-01-01"
Edit = tuple[str, str]


@cache
def desk_on_file() -> Desk:
    return world.desk()


def edited(text: str, *edits: Edit) -> str:
    for old, new in edits:
        assert text.count(old) == 1, f"{text.count(old)} times in the file: {old}"
        text = text.replace(old, new)
    return text


def made(name: str, *edits: Edit) -> tuple[Policy, Source]:
    """Build a real policy with pieces replaced."""
    source = parse(edited((FOLDER / name).read_text(encoding="utf-8"), *edits), name)
    return build(source, desk_on_file().catalogue.terminology), source


def later(name: str, *edits: Edit) -> Policy:
    """Build a real policy as a later version, with pieces replaced."""
    text = edited((FOLDER / name).read_text(encoding="utf-8"), *edits)
    old = Path(name).stem
    text = text.replace(f"version: {old}", f"version: {LATER}")
    return build(parse(text, name.replace(old, LATER)), desk_on_file().catalogue.terminology)


def cases_of(text: str) -> tuple[Case, ...]:
    return reader.build(parse(text, "cases/test.yaml"), desk_on_file().catalogue)


def unverified_drugs(*names: str) -> Terminology:
    """Return the terminology of the world with drugs whose codes were seen nowhere, in every table of drugs."""
    words = desk_on_file().catalogue.terminology

    def doubted(drug: Drug) -> Drug:
        return replace(drug, codes=tuple(replace(code, confidence="recalled") for code in drug.codes))

    def changed(version: str, table: Drugs) -> Drugs:
        return Drugs(version, (doubted(one) if one.id in names else one for one in table.by_id.values()))

    tables = {version: changed(version, table) for version, table in words.drug_tables.items()}
    return replace(words, drug_tables=tables)


def rewrite(file: Path, *edits: Edit) -> None:
    file.write_text(edited(file.read_text(encoding="utf-8"), *edits), encoding="utf-8")


def causes(remarks: Iterable[Remark]) -> list[str]:
    return [remark.problem.cause for remark in remarks]


def only(remarks: Iterable[Remark]) -> Remark:
    (found,) = remarks
    return found
