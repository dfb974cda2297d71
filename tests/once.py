"""What stays the same while tests run is worked out once in each process: it would take longer than most tests.

Routes are compiled, YAML is parsed, and the policies that ship are read and published by hundreds of tests; each one
gets what the first one got. What is asked of another folder is worked out anew.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from types import MethodType
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
        patch.setattr(Rule, "compile", _compiled_once())
        patch.setattr(yaml_source, "parse", lru_cache(_FILES)(yaml_source.parse))
        patch.setattr(catalogue, "load", _loaded_once())
        patch.setattr(reader, "load", _cases_once())
        once = lru_cache(_PUBLISHED)(container.published)
        patch.setattr(container, "published", once)
        patch.setattr(container.compose, "__defaults__", (*(container.compose.__defaults__ or ())[:-1], once))
        yield


def _compiled_once() -> Callable[[Rule], None]:
    """Werkzeug compiles every route of every application; hundreds are made, and all of the same routes.

    What compiling sets on a rule is set on each further rule of the same words; a method is bound to that rule.
    """
    known: dict[Any, tuple[dict[str, Any], frozenset[str]]] = {}
    compiled = Rule.compile

    def compile_(rule: Rule) -> None:
        assert rule.map is not None
        about = (rule.rule, rule.host, rule.subdomain, rule.merge_slashes, repr(rule.defaults), rule.map.host_matching)
        of = (*about, frozenset(rule.map.converters.items()))
        if of not in known:
            before = dict(vars(rule))
            compiled(rule)
            fresh = {name: one for name, one in vars(rule).items() if before.get(name) is not one}
            known[of] = fresh, frozenset(rule.arguments)
        fresh, arguments = known[of]
        vars(rule).update(
            {
                name: MethodType(one.__func__, rule) if isinstance(one, MethodType) else one
                for name, one in fresh.items()
            }
        )
        rule.arguments |= arguments

    return compile_


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
