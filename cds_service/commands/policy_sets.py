"""The commands of the policy team for value sets: `cds-service policy import-valueset | coverage`."""

import os
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click

from cds_service.app.settings_file import pinned_today
from fhir_mappings.publication.imported_sets import ImportedSet, ImportedSetError, imported, value_set_file
from policies.checks.coverage import report
from policies.terminology.value_sets import CodeSet
from policies.workspace.workspace import Desk, lay_out

_FOLDER = click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of policies, instead of the one of this service.",
)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _read(file: Path, desk: Desk) -> ImportedSet:
    try:
        return imported(file.read_text("utf-8-sig"), desk.catalogue.terminology.systems)
    except (UnicodeDecodeError, ImportedSetError) as error:
        raise click.ClickException(f"{file}: {error}") from None


@click.command("import-valueset")
@click.argument("file", type=_FILE)
@click.option("--id", "name", required=True, metavar="ID", help="How policies name it: small letters and hyphens.")
@_FOLDER
def import_value_set(file: Path, name: str, folder: Path | None) -> None:
    """Write a value set from FILE: a FHIR ValueSet as JSON, or the text export of VSAC. Nothing is overwritten."""
    desk = lay_out(folder)
    today = pinned_today(os.environ) or datetime.now().astimezone().date()
    found, target = _read(file, desk), desk.folder / "value_sets" / f"{name}.{today}.yaml"
    if target.exists():
        raise click.ClickException(f"{target} is not written: it is there already. Choose another id.")
    target.write_text(value_set_file(name, today, found), "utf-8")
    click.echo(f"written: {target}, {len(found.codes)} codes")
    for system, number in sorted(found.left_out.items()):
        click.echo(f"left out: {number} of '{system}', which is none of our code systems")


@click.command("coverage")
@click.option("--of", "file", type=_FILE, help="A public set: a FHIR ValueSet as JSON, or the text export of VSAC.")
@click.option("--by", "names", multiple=True, metavar="ID", help="The value sets that should hold it; several can be.")
@_FOLDER
def coverage(file: Path | None, names: tuple[str, ...], folder: Path | None) -> None:
    """Name the codes of a public set that no value set holds; without --of, how much is held of those on file.

    Codes that are missing end with exit code 1.
    """
    if (file is None) != (not names):
        raise click.UsageError("--of and --by go together")
    desk = lay_out(folder)
    if file is None:
        click.echo("\n".join(report(desk)))
        return
    found, held = _read(file, desk), _held(desk, names)
    missing = {code: display for code, display in found.codes.items() if code not in held}
    click.echo(f"{found.title}: {len(found.codes) - len(missing)} of {len(found.codes)} codes are held")
    for (system, code), display in sorted(missing.items()):
        click.echo(f"missing: {system} {code} {display}")
    sys.exit(1 if missing else 0)


def _held(desk: Desk, names: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Return the verified codes of the newest versions of value sets."""
    newest = dict(sorted(desk.catalogue.terminology.sets.items(), key=lambda one: one[0]))
    by_name = {name: found for (name, _), found in newest.items()}
    held: set[tuple[str, str]] = set()
    for name in names:
        found = by_name.get(name)
        if not isinstance(found, CodeSet):
            raise click.ClickException(f"'{name}' is no value set of codes")
        held |= {(one.system.name, one.code) for one in found.members if one.decides}
    return frozenset(held)
