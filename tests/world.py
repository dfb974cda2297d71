"""The world of the tests: policies, value sets, cases and population logic, frozen (`tests/fixtures/policies`).

Tests of the program run in it, so that no new version of a shipped policy, and no code that is added to a value set,
changes what they expect. What ships is held by its own tests (`tests/shipped`, `tests/charts`, `tests/cql`).

The world is not renewed with each release. A test that needs a word which the world does not have adds it there;
`python -m tests.world` freezes it anew from what ships, for a change of the language of policies.
"""

import shutil
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from msgspec import structs
from sqlalchemy import Engine, make_url

from cds_service.app import container
from cds_service.app.container import Container
from cds_service.app.published import Imprint, Published, published
from cds_service.app.settings import Settings
from cds_service.database.sqlite import sqlite_engine
from cds_service.storage.engine import MEMORY, SECONDS, open_engine
from fhir_mappings.cql.shipped import on_file
from hooks.protocol.payer import CardDetail
from policies import catalogue
from policies.catalogue import Catalogue
from policies.workspace.workspace import Desk, lay_out, own_folder

FOLDER = Path(__file__).parent / "fixtures" / "policies"
LOGIC = FOLDER / "logic"
OF_EXAMPLES = Path(__file__).parent.parent / "policies" / "examples" / "logic"
PARTS = ("data", "value_sets", "cases")
LIGHT = frozenset({"elranatamab.yaml", "margetuximab.yaml", "equivalents.yaml"})
"""The case files that show every criterion of each policy, without those of each code, line and dose."""
TODAY = date(2026, 11, 25)


@cache
def policies() -> Catalogue:
    return catalogue.load(FOLDER)


@cache
def shipped() -> Catalogue:
    """Return the policies that ship: for what holds them to their word, and read once."""
    return catalogue.load()


@cache
def examples() -> Catalogue:
    """Return the policies of the examples."""
    return catalogue.load(own_folder() / "examples")


@cache
def desk() -> Desk:
    return lay_out(FOLDER)


def copy_of(folder: Path) -> Path:
    """Copy the policies folder of the world, as policy staff does with that of the service."""
    home = folder / "policies"
    for part in PARTS:
        shutil.copytree(FOLDER / part, home / part)
    return home


def light_copy_of(folder: Path) -> Path:
    """Copy the policies folder with some of its cases: for what asks little of them, and would run them all."""
    home = copy_of(folder)
    for file in (home / "cases").iterdir():
        if file.name not in LIGHT:
            file.unlink()
    return home


@cache
def migrated() -> bytes:
    """The tables of a new SQLite database, made by the migrations once: they take longer than most tests."""
    engine = open_engine(MEMORY)
    with closing(engine.raw_connection()) as connection:
        return bytes(connection.driver_connection.serialize())


def store() -> Engine:
    """Return a new database in memory, with the tables that the migrations make."""
    engine = sqlite_engine(make_url(MEMORY), SECONDS)
    with closing(engine.raw_connection()) as connection:
        connection.driver_connection.deserialize(migrated())
    return engine


def compose(
    settings: Settings,
    known: Catalogue,
    pinned: date | None = None,
    engine: Engine | None = None,
    admin_token: str = "",
) -> Container:
    """Put the service together as it is run, with the population logic of the world.

    Its cards tell every criterion, which is what tests hold; the short ones have tests of their own.
    """
    told = structs.replace(settings, card_detail=CardDetail.FULL)
    return container.compose(told, known, pinned, engine, admin_token, publishing)


@lru_cache(maxsize=16)
def publishing(known: Catalogue, imprint: Imprint) -> Published:
    """Write forms and value sets once for all the applications that publish the same: it takes longer than a call."""
    return published(known, imprint, (LOGIC, OF_EXAMPLES))


def freeze() -> None:
    """Copy what ships into the world."""
    shipped: Mapping[str, Path] = {part: own_folder() / part for part in PARTS} | {"logic": Path(str(on_file()))}
    for part, source in shipped.items():
        shutil.rmtree(FOLDER / part, ignore_errors=True)
        shutil.copytree(source, FOLDER / part, ignore=shutil.ignore_patterns("__pycache__"))


if __name__ == "__main__":
    freeze()
