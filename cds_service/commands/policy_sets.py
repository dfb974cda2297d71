"""The commands for value sets and whole folders: `cds-service policy import-valueset | coverage | compile`."""

import os
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click

from cds_service.app.settings import SettingsError
from cds_service.app.settings_file import load, pinned_today
from cds_service.terminal.mendable import reported
from fhir_mappings.publication.imported_sets import ImportedSet, ImportedSetError, imported, value_set_file
from policies import compiled
from policies.catalogue import homes_of
from policies.checks.coverage import report
from policies.compiled import Built
from policies.files.problems import PolicyError
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


@click.command("compile")
@click.option(
    "--folder",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of policies, as `policies_folder` names it.",
)
def compile_folder(folder: Path) -> None:
    """Read and check a folder as a start does, and keep what was built: thousands of policies start in seconds then.

    What is kept holds for just these files, this program, and the settings here; where any of them differs the folder
    is read and checked as without it.
    """
    with reported(PolicyError, SettingsError):
        number = _compiled(folder.resolve())
    click.echo(f"{folder / compiled.FILE}: {number} policies")


def _compiled(folder: Path) -> int:
    """Write the compiled form of a folder, and return how many policies it holds; raises PolicyError, SettingsError."""
    # Other commands for policies need no server, which takes longer to load than they to run.
    from cds_service.app.container import from_environment  # noqa: PLC0415
    from cds_service.app.published import FORMS, logic_folders, proof_of_forms  # noqa: PLC0415
    from cds_service.dtr.dtr_versions import DTR_VERSIONS  # noqa: PLC0415
    from cds_service.dtr.publication import Publication  # noqa: PLC0415

    (folder / compiled.FILE).unlink(missing_ok=True)
    # As they are: a start makes drafts of what was kept where they are tried, or not signed off, as of the files.
    environment = os.environ | {"CDS_POLICIES_FOLDER": str(folder)}
    settings = load(environment, Path.cwd())
    # Of the files as they were before they were read: of what changes meanwhile this is no compiled form.
    stamp = compiled.stamp(homes_of(folder, beside=settings.policies_beside))
    container = from_environment(environment, Path.cwd(), store=False, signed=False)
    known = container.catalogue
    for dialect in DTR_VERSIONS:
        Publication.of(container.shelf(), container.artifacts, dialect, settings.base_url).write_all()
    proofs = {FORMS: proof_of_forms(logic_folders(settings))}
    compiled.write(folder, stamp, Built(known.terminology, known.all, known.superseded, proofs))
    return len(known.all)
