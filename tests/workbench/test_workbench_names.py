"""Names of tests that other tests have too: `policy check` asks for the words that tell them apart."""

from dataclasses import replace

import pytest

from policies.checks import names
from policies.terminology.registry import Terminology
from policies.terminology.value_sets import CodeSet, SetWords
from policies.workspace.workspace import Desk, lay_out, own_folder


@pytest.fixture(scope="module")
def desk() -> Desk:
    return lay_out(own_folder() / "examples")


def said(desk: Desk, policy_id: str, **sets: CodeSet) -> list[str]:
    """What is said of a policy where some value sets have other words."""
    policy, known = desk.newest(policy_id), desk.catalogue.terminology
    changed = {(one.name, one.version): one for one in sets.values()}
    words = Terminology(known.systems, {**known.sets, **changed}, known.drug_tables)
    return [str(one) for one in names.check(policy, desk.source(policy), words)]


def named(desk: Desk, policy_id: str, name: str, *words: str, but: tuple[str, ...] = ()) -> CodeSet:
    version = desk.newest(policy_id).value_sets[name]
    own = desk.catalogue.terminology.codes(name, version)
    return CodeSet(
        own.name, own.version, own.title, own.says, own.members, replace(own.words, named=words, not_named=but)
    )


def test_no_policy_of_the_examples_leaves_a_name_to_two_tests(desk: Desk) -> None:
    assert [one for policy in desk.catalogue.ids for one in said(desk, policy)] == []


def test_a_name_that_another_test_has_is_told_with_that_name(desk: Desk) -> None:
    (found,) = said(desk, "epoetin-alfa", own=named(desk, "epoetin-alfa", "hemoglobin-tests", "hemoglobin"))
    assert "Warning: data/epoetin-alfa/2026-12-01.yaml" in found
    assert "'hemoglobin' of 'hemoglobin-tests' names 'hemoglobin a1c' of 'hba1c-tests' too" in found
    assert "write 'not_named'" in found


@pytest.mark.parametrize(("apart", "number"), [(("a1c",), 0), (("glycated",), 1), ((), 1)])
def test_words_that_tell_them_apart_end_it(desk: Desk, apart: tuple[str, ...], number: int) -> None:
    own = named(desk, "epoetin-alfa", "hemoglobin-tests", "hemoglobin", but=apart)
    assert len(said(desk, "epoetin-alfa", own=own)) == number


def test_a_test_shares_its_name_with_itself(desk: Desk) -> None:
    assert said(desk, "semaglutide", own=named(desk, "semaglutide", "hba1c-tests", "a1c")) == []


def test_without_names_there_is_nothing_to_tell_apart(desk: Desk) -> None:
    own = named(desk, "epoetin-alfa", "hemoglobin-tests")
    assert own.words == SetWords((), own.scale, ())
    assert said(desk, "epoetin-alfa", own=own) == []
