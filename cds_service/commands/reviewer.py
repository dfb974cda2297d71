"""`cds-service reviewer`: what the operator needs for the file of reviewers."""

import click

from cds_service.reviewers.reviewer_file import hashed_password


@click.group()
def reviewer() -> None:
    """Help with the file of reviewers (`reviewers_file`)."""


@reviewer.command("password")
@click.password_option(help="The password; it is asked for if it is not given.")
def password(password: str) -> None:
    """Print the hash of a password, as it stands in the file; the password itself is kept nowhere."""
    click.echo(hashed_password(password))
