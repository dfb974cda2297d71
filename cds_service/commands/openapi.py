"""`cds-service openapi`: the addresses of the service for tools, without starting it."""

import json
import os
from pathlib import Path

import click

from cds_service.app.container import from_environment
from cds_service.app.settings import SettingsError
from cds_service.application import api_offer
from cds_service.openapi.document import document
from cds_service.openapi.operation_table import table
from cds_service.openapi.postman import collection
from policies.files.problems import PolicyError


@click.command("openapi")
@click.option("--postman", is_flag=True, help="As a collection for Postman (2.1), instead of OpenAPI 3.1.")
def openapi(*, postman: bool) -> None:
    """Print every address of this service, by its settings here: what /openapi.json answers."""
    try:
        container = from_environment(os.environ, Path.cwd(), store=False)
    except (SettingsError, PolicyError) as error:
        raise click.ClickException(str(error)) from None
    written = document(table(), api_offer(container))
    click.echo(json.dumps(collection(written) if postman else written, indent=2))
