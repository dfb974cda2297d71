"""What a user can mend ends a command with a message and exit code 2, without a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

BAD_INPUT = 2


@contextmanager
def reported(*mendable: type[Exception]) -> Iterator[None]:
    """Turn these errors into a message and exit code 2."""
    try:
        yield
    except mendable as error:
        click.echo(str(error), err=True)
        sys.exit(BAD_INPUT)
