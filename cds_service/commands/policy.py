"""The commands of the policy team: `cds-service policy check | test | show | kinds | text-forms | revise`.

Those that begin and publish a policy are in `new_policy`, those for value sets in `policy_sets`.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from cds_service.app.settings import SettingsError
from cds_service.commands.new_policy import begin_policy, publish_policy
from cds_service.commands.policy_sets import compile_folder, coverage, import_value_set
from fhir_mappings.cases.case_runner import report as cases_report
from fhir_mappings.cases.policy_test import report as tested_report
from fhir_mappings.cases.policy_test import try_policy
from fhir_mappings.cases.text_form_table import page
from fhir_mappings.cql.carried import carry
from policies.checks import policy_check
from policies.choice import Versions
from policies.files.problems import PolicyError, UnknownVersionError
from policies.model.dates import OrderDate
from policies.model.policy import Policy
from policies.mutations import equivalents
from policies.revision.revision import RevisionError, revise, write
from policies.text.kinds_page import kinds_page
from policies.text.policy_text import show
from policies.text.version_diff import differences
from policies.workspace.workspace import Desk, lay_out

FAULTY = 1
TABLES = "<!-- tables -->"
"""The line of the page of the documentation below which the tables stand."""
_DAY = click.DateTime(["%Y-%m-%d"])

_FOLDER = click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of policies of your own (data, cases, value_sets), instead of the one of this service.",
)


@contextmanager
def _as_messages() -> Iterator[None]:
    """Turn what the policy team can mend into a message and exit code 1."""
    try:
        yield
    except (PolicyError, RevisionError, SettingsError, UnknownVersionError) as error:
        click.echo(str(error), err=True)
        sys.exit(FAULTY)


@click.group()
def policy() -> None:
    """Work on the policy files: no programmer is needed (docs/writing-a-policy.md)."""


@policy.command()
@_FOLDER
def check(folder: Path | None) -> None:
    """Check every policy, value set, drug table and case file; a fault is reported with its place and how to mend it.

    Faults end with exit code 1. Warnings are only suspicious, and do not.
    """
    found = policy_check.check(folder)
    click.echo(policy_check.report(found))
    sys.exit(0 if found.sound else FAULTY)


@policy.command("test")
@click.option("--policy", "policy_id", metavar="ID", help="One policy only; by default all.")
@_FOLDER
@click.option("--quick", is_flag=True, help="Leave out the small changes.")
def run_tests(policy_id: str | None, folder: Path | None, *, quick: bool) -> None:
    """Run the patient cases, and print what they do not show.

    Then each policy is changed in many small ways (a figure moved by one step, a criterion or a code dropped ...). Some
    case must notice each change, or it is listed in cases/equivalents.yaml as changing nothing.
    """
    with _as_messages():
        desk = lay_out(folder)
        known = equivalents.load(desk.folder)
        strange = tuple(equivalents.unknown_policies(known, desk.catalogue.ids))
        ids = (desk.newest(policy_id).id,) if policy_id else desk.catalogue.ids
    failed = []
    for name in ids:
        tested = try_policy(desk, name, None if quick else known)
        click.echo(tested_report(tested))
        failed += [] if tested.passed else [name]
    for remark in strange:
        click.echo(str(remark))
    click.echo(_verdict(failed, ids, strange=bool(strange)))
    sys.exit(FAULTY if failed or strange else 0)


def _verdict(failed: list[str], tested: Sequence[str], *, strange: bool) -> str:
    """Return the last line: the verdict over all policies, as the exit code tells it."""
    if failed:
        return f"FAILED: {', '.join(failed)} (see above)"
    if strange:
        return "FAILED: cases/equivalents.yaml lists policies that are not there (see above)"
    return f"Passed: {', '.join(tested)}"


@policy.command("show")
@click.argument("policy_id", metavar="ID")
@click.option("--version", "on", type=_DAY, help="The version in force on this date; by default the newest.")
@click.option("--against", type=_DAY, help="Tell what is different from the version in force on this date.")
@_FOLDER
def show_policy(policy_id: str, on: datetime | None, against: datetime | None, folder: Path | None) -> None:
    """Show a policy as people read it, or what is different between two of its versions."""
    with _as_messages():
        desk = lay_out(folder)
        versions = desk.catalogue.versions(policy_id)
        shown = _version(versions, on) if on is not None else versions.policies[-1]
        other = _version(versions, against) if against is not None else None
    terminology = desk.catalogue.terminology
    if other is None:
        click.echo(show(shown, terminology))
        return
    click.echo(f"{shown.title}: the version of {shown.version} against the version of {other.version}")
    for sentence in differences(shown, other, terminology) or ("Nothing is different.",):
        click.echo(f"  - {sentence}")


def _version(versions: Versions, on: datetime) -> Policy:
    found = versions.on(OrderDate(on.date()))
    if found is None:
        raise UnknownVersionError(
            f"no version is in force on {on.date()}; the first one holds from {versions.dates[0]}"
        )
    return found


_PAGE = click.option(
    "--write",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"Write the tables into this page, below the line {TABLES}.",
)


def _print_tables(tables: str, file: Path | None) -> None:
    """Print tables of the documentation, or write them into their page."""
    if file is None:
        click.echo(tables, nl=False)
        return
    head, _, _ = file.read_text(encoding="utf-8").partition(TABLES)
    file.write_text(f"{head}{TABLES}\n\n{tables}", encoding="utf-8")
    click.echo(f"written: {file}")


@policy.command("kinds")
@_PAGE
def print_kinds(file: Path | None) -> None:
    """Print the kinds of fact that a policy can ask for, their words for cases, and examples of each."""
    _print_tables(kinds_page(), file)


@policy.command("text-forms")
@_FOLDER
@_PAGE
def text_forms(folder: Path | None, file: Path | None) -> None:
    """Print which texts of results are understood, and what each form of text proves and shows."""
    with _as_messages():
        tables = page(lay_out(folder).catalogue)
    _print_tables(tables, file)


@policy.command("revise")
@click.argument("policy_id", metavar="ID")
@click.option("--from", "start", type=_DAY, required=True, help="The day from which the new version holds.")
@_FOLDER
def revise_policy(policy_id: str, start: datetime, folder: Path | None) -> None:
    """Begin a new version of a policy: the newest one under a new date, with its cases and population logic.

    Until something in the new file is changed, all cases come out as before.
    """
    with _as_messages():
        desk = lay_out(folder)
        written = revise(desk, policy_id, start.date())
    write(written)
    for file in written.new:
        click.echo(f"written: {file}")
    for file in written.changed:
        click.echo(f"changed: {file} (orders that the new version would judge stand on its eve now)")
    revised = lay_out(folder)
    if folder is None:
        _carry_logic(desk.newest(policy_id), revised)
    _ask_the_cases(revised, policy_id, f" --folder {folder}" if folder else "")


def _carry_logic(old: Policy, revised: Desk) -> None:
    """Write the population logic of the new version, which is that of the service itself: a copy elsewhere has none."""
    files = carry(old, revised.newest(old.id), revised.catalogue.terminology)
    for file in files:
        click.echo(f"written: {file}")
    if not files:
        click.echo(f"The population logic of {old.id} {old.version} is not of this state: run make cql")


def _ask_the_cases(revised: Desk, policy_id: str, where: str) -> None:
    """Run the cases of the new version before it is changed; what they miss is named, and ends with exit code 1."""
    tested = try_policy(revised, policy_id, None)
    if not tested.passed:
        click.echo(cases_report(one for one in tested.results if not one.passed))
        for gap in tested.complete.gaps:
            click.echo(str(gap))
        click.echo(f"Mend these cases first: cds-service policy test --policy {policy_id}{where}")
        sys.exit(FAULTY)
    click.echo(f"{len(tested.results)} cases come out as before.")
    logic = "" if where else ", and make cql"
    click.echo(f"Next: change the new file, then cds-service policy test --policy {policy_id}{where}{logic}")


policy.add_command(begin_policy)
policy.add_command(publish_policy)
policy.add_command(import_value_set)
policy.add_command(coverage)
policy.add_command(compile_folder)
