"""What a process remembers of earlier charts changes no later one: any order, several threads, versions and drafts."""

import gc
import random
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import _lru_cache_wrapper
from multiprocessing import get_context

import pytest

from fhir_mappings.cases.drawn_case import draw_case
from fhir_mappings.judgement.judge import Judge
from fhir_mappings.members.judge import Ruled, ruled
from policies.catalogue import Catalogue
from policies.model.dates import CallDay
from policies.model.policy import Policy
from policies.terminology.short_texts import forget_all
from policies.testcases import reader
from policies.testcases.casebook import Case
from tests.world import shipped

CHARTS, AT_ONCE, SEED = 60, 4, 20261130
TODAY = CallDay(date(2026, 11, 29))
ROOMS = ("fhir_mappings.", "policies.terminology.")
"""The rooms that remember what they make of texts and value sets."""
ON_FILE, DRAFT, OF_ANOTHER_DISEASE = VERSIONS = ("on file", "draft", "of another disease")

Judges = dict[str, Judge]
Asked = tuple[Case, str]
"""A case, whose chart and orders are read anew each time, and the version of the policies that it is judged by."""
Alone = list[tuple[Ruled, ...]]


def judges_of(known: Catalogue) -> Judges:
    """Return what judges by each version of the policies; nothing is worked out of these policies yet."""
    pins = {name: version for one in known.all for name, version in one.value_sets.items()}
    other = {one.id: known.all[place - 1].disease for place, one in enumerate(known.all)}

    def versions(name: str) -> Iterator[Policy]:
        for one in known.all:
            if name == DRAFT:
                yield one.as_draft("Draft: {}".format)
            elif name == OF_ANOTHER_DISEASE:
                yield replace(one, disease=other[one.id], value_sets={**pins, **one.value_sets})
            else:
                yield replace(one)

    return {name: Judge(Catalogue(tuple(versions(name)), known.terminology)) for name in VERSIONS}


def judged(judges: Judges, asked: Asked) -> tuple[Ruled, ...]:
    case, version = asked
    drawn = draw_case(case, shipped())
    return tuple(map(ruled, judges[version].judge(drawn.orders, drawn.chart, TODAY)))


def forgetful() -> list["_lru_cache_wrapper[object]"]:
    """Return the functions that remember a bounded number of things: what the others keep is fixed."""
    kept = (one for one in gc.get_objects() if isinstance(one, _lru_cache_wrapper))
    of_rooms = (one for one in kept if str(getattr(one, "__module__", "")).startswith(ROOMS))
    return [one for one in of_rooms if one.cache_parameters()["maxsize"] is not None]


def chosen_cases() -> list[Case]:
    """Return cases of both policies, the same in every process."""
    return random.Random(SEED).sample([case for case in reader.load(shipped()) if not case.answered], CHARTS)


def judged_alone(version: str) -> Alone:
    """Return what each chart is judged by one version where no chart is remembered."""
    found, caches = [], forgetful()
    for case in chosen_cases():
        forget_all()
        for cache in caches:
            cache.cache_clear()
        found.append(judged(judges_of(shipped()), (case, version)))
    return found


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    return [(case, version) for version in VERSIONS for case in chosen_cases()]


@pytest.fixture(scope="module")
def alone() -> Alone:
    """Return the same for all that is asked; the version that differs is judged by in a process that saw no other."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        of_another = pool.submit(judged_alone, OF_ANOTHER_DISEASE)
        return [*judged_alone(ON_FILE), *judged_alone(DRAFT), *of_another.result()]


def shuffled(asked: list[Asked], seed: int) -> list[int]:
    return random.Random(seed).sample(range(len(asked)), len(asked))


@pytest.mark.parametrize("seed", range(3))
def test_a_chart_is_judged_as_alone_whatever_was_judged_before(asked: list[Asked], alone: Alone, seed: int) -> None:
    judges = judges_of(shipped())
    differ = [place for place in shuffled(asked, seed) if judged(judges, asked[place]) != alone[place]]
    assert differ == []


def test_charts_are_judged_as_alone_in_several_threads(asked: list[Asked], alone: Alone) -> None:
    forget_all()
    judges, order, before = judges_of(shipped()), shuffled(asked, SEED), sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(lambda place: judged(judges, asked[place]), order))
    finally:
        sys.setswitchinterval(before)
    assert [place for place, one in zip(order, found, strict=True) if one != alone[place]] == []


def test_one_version_in_the_place_of_another_would_be_seen(alone: Alone) -> None:
    on_file, of_another = alone[:CHARTS], alone[-CHARTS:]
    differ = [one for one, other in zip(on_file, of_another, strict=True) if one != other]
    assert len(differ) > CHARTS // 2
