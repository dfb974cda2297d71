"""What stays the same while tests run is worked out once in each process: it would take longer than most tests.

Routes are compiled, YAML is parsed, and the policies that ship are read and published by hundreds of tests; each one
gets what the first one got. What is asked of another folder is worked out anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule

from cds_service.app import container
from policies import catalogue
from policies.catalogue import Catalogue
from policies.files import yaml_source
from policies.testcases import reader
from policies.testcases.casebook import Case
from policies.workspace.workspace import own_folder

_FILES, _PUBLISHED = 512, 16


@contextmanager
def worked_out_once() -> Iterator[None]:
    """Let everything below be worked out once, until the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", _compiled_once())
        patch.setattr(yaml_source, "parse", lru_cache(_FILES)(yaml_source.parse))
        patch.setattr(catalogue, "load", _loaded_once())
        patch.setattr(reader, "load", _cases_once())
        once = lru_cache(_PUBLISHED)(container.published)
        patch.setattr(container, "published", once)
        patch.setattr(container.compose, "__defaults__", (*(container.compose.__defaults__ or ())[:-1], once))
        yield


def _compiled_once() -> Any:
    """Werkzeug compiles every route of every application; hundreds are made, and all of the same routes."""
    known: dict[Any, Any] = {}
    compiled = Rule._compile_builder

    def builder(rule: Rule, append_unknown: bool = True) -> Any:
        of = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if of not in known:
            known[of] = compiled(rule, append_unknown)
        return known[of]

    return builder


def _loaded_once() -> Any:
    """Nothing changes the policies that ship while tests run."""
    load = catalogue.load
    shipped = cache(load)

    def loaded(folder: Path | None = None, **how: bool) -> Catalogue:
        return shipped() if folder in (None, own_folder()) else load(folder, **how)

    return loaded


def _cases_once() -> Any:
    """Nor their cases."""
    load = reader.load
    shipped = lru_cache(1)(load)

    def loaded(known: Catalogue, folder: Path | None = None) -> tuple[Case, ...]:
        return shipped(known) if folder in (None, own_folder() / "cases") else load(known, folder)

    return loaded
