"""The small changes of a policy: each is named, is one change only, and leaves the rest alone."""

from collections import Counter
from functools import cache

import pytest
from workbench_files import ELRANATAMAB, MARGETUXIMAB, Edit, desk_on_file, made, unverified_drugs

from policies.model.criteria import Group, RequestKind, walk
from policies.mutations.all_mutations import changes
from policies.mutations.mutation import Change
from policies.terminology.value_sets import CodeSet, DrugSet

CURRENT = "A current ECOG performance status of 0 to <at_most:figure>"
ECOG = f"- {{id: ecog, says: {CURRENT}, section: A.iii, fact: ecog, at_most: 2}}"
A = "{id: g.a, says: A, section: A, fact: ecog, at_most: 1}"
B = "{id: g.b, says: B, section: A, fact: prior_lines, at_least: 6}"
SOME_OF = f"- {{id: g, says: G, section: A, at_least_of: {{needed: 1, of: [{A}, {B}]}}}}"
NAMES = [MARGETUXIMAB, ELRANATAMAB]


@cache
def tried(name: str, *edits: Edit) -> dict[str, Change]:
    policy, _ = made(name, *edits)
    return {one.id: one for one in changes(policy, desk_on_file().catalogue.terminology)}


def within(request: str, text: str) -> list[str]:
    return [one for one in tried(ELRANATAMAB, (ECOG, f"{ECOG}\n    {text}")) if one.startswith(f"{request}: g")]


@pytest.mark.parametrize("name", NAMES)
def test_every_change_has_a_name_of_its_own_and_a_place_in_the_file(name: str) -> None:
    policy, source = made(name)
    known = list(changes(policy, desk_on_file().catalogue.terminology))
    assert [one for one, number in Counter(change.id for change in known).items() if number > 1] == []
    assert all(change.path in source.places for change in known)


@pytest.mark.parametrize("name", NAMES)
def test_every_change_changes_something(name: str) -> None:
    policy, _ = made(name)
    words = desk_on_file().catalogue.terminology
    assert all(one.policy != policy or one.terminology.sets != words.sets for one in tried(name).values())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (ELRANATAMAB, "initial: prior-therapies.count at_least + 1"),
        (ELRANATAMAB, "initial: prior-therapies.count at_least - 1"),
        (ELRANATAMAB, "initial: prior-therapies all becomes any"),
        (ELRANATAMAB, "initial: all becomes any"),
        (ELRANATAMAB, "continuation: order.patient-living dropped"),
        (ELRANATAMAB, "facts.ecog.with.within_days - 1"),
        (ELRANATAMAB, "facts.imaging_comparison.with.resources without ImagingStudy"),
        (ELRANATAMAB, "lines.same_line without bortezomib, ixazomib"),
        (ELRANATAMAB, "lines.maintenance_days - 1"),
        (ELRANATAMAB, "lines.consolidation without daratumumab"),
        (ELRANATAMAB, "continuation_after_days + 1"),
        (ELRANATAMAB, "value_sets.anti-cd38-antibodies without isatuximab"),
        (ELRANATAMAB, "value_sets.unspecific-drug-codes without HCPCS J9999"),
        (MARGETUXIMAB, "initial: her2-positive any becomes all"),
        (MARGETUXIMAB, "initial: diagnosis.extent one_of without metastatic"),
        (MARGETUXIMAB, "definitions.her2-ish.rows[0].ratio.at_least - 0.1"),
        (MARGETUXIMAB, "facts.her2_ish_result.undecided without equivocal"),
        (MARGETUXIMAB, "facts.her2_ihc_score.notes without 2+"),
        (MARGETUXIMAB, "value_sets.breast-cancer without ICD10CM C50.011"),
        (MARGETUXIMAB, "value_sets.treatment-intents without SNOMED 373846009"),
    ],
)
def test_figures_joins_parts_options_and_members_are_changed(name: str, expected: str) -> None:
    assert expected in tried(name)


@pytest.mark.parametrize(
    ("name", "never"),
    [
        (ELRANATAMAB, "lines.lead_in_days - 1"),
        (ELRANATAMAB, "value_sets.disease-status-values without LOINC LA28366-5"),
    ],
)
def test_what_can_change_nothing_or_cannot_be_written_is_not_tried(name: str, never: str) -> None:
    assert never not in tried(name)


def test_a_drug_without_a_verified_code_is_not_dropped() -> None:
    policy, _ = made(ELRANATAMAB)
    never = "value_sets.myeloma-therapies without belantamab-mafodotin"
    assert never in tried(ELRANATAMAB)
    doubted = unverified_drugs("belantamab-mafodotin")
    assert never not in {one.id for one in changes(policy, doubted)}


def test_a_criterion_is_dropped_with_all_that_stands_in_it() -> None:
    change = tried(ELRANATAMAB)["initial: prior-therapies dropped"]
    left = {node.id for node in change.policy.requests[RequestKind.INITIAL].nodes()}
    assert "ecog" in left
    assert change.dropped == {
        "prior-therapies",
        "prior-therapies.count",
        "prior-therapies.anti-cd38",
        "prior-therapies.proteasome-inhibitor",
        "prior-therapies.immunomodulatory",
    }
    assert change.dropped.isdisjoint(left)


def test_a_group_is_exchanged_and_the_gate_stays() -> None:
    changed = tried(ELRANATAMAB)["initial: all becomes any"].policy.requests[RequestKind.INITIAL].criteria
    assert changed.parts[0].id == "order.patient-living"
    assert [one.operator.value for one in walk(changed) if isinstance(one, Group)][:2] == ["all", "any"]


def test_a_member_is_dropped_from_its_set_alone() -> None:
    change = tried(ELRANATAMAB)["value_sets.multiple-myeloma without ICD10CM C90.02"]
    version = change.policy.value_sets["multiple-myeloma"]
    pinned = change.terminology.sets["multiple-myeloma", version]
    assert isinstance(pinned, CodeSet)
    assert "C90.02" not in {one.code for one in pinned.members}
    course = change.terminology.sets["myeloma-course", version]
    assert isinstance(course, CodeSet)
    assert "C90.02" in {one.code for one in course.members}
    assert (change.codes, change.member) == ({"C90.02"}, "C90.02")


def test_a_drug_can_be_noticed_by_any_of_its_codes_and_by_combinations_with_it() -> None:
    change = tried(MARGETUXIMAB)["value_sets.anti-her2-drugs without trastuzumab"]
    pinned = change.terminology.sets["anti-her2-drugs", change.policy.value_sets["anti-her2-drugs"]]
    assert isinstance(pinned, DrugSet)
    assert "trastuzumab" not in pinned
    assert {"J9355", "Q5114", "2382605"} <= change.codes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            SOME_OF,
            [
                "initial: g dropped",
                "initial: g needed + 1",
                "initial: g.a dropped",
                "initial: g.a at_most + 1",
                "initial: g.a at_most - 1",
                "initial: g.b dropped",
                "initial: g.b at_least + 1",
                "initial: g.b at_least - 1",
            ],
        ),
        (
            "- {id: g, says: G, section: A, not: {id: g.a, says: A, fact: prior_anti_cd38, is: false}}",
            ["initial: g dropped", "initial: g without not"],
        ),
    ],
)
def test_every_operator_has_its_changes(text: str, expected: list[str]) -> None:
    assert within("initial", text) == expected


def test_a_group_without_an_id_is_named_by_its_place() -> None:
    known = tried(ELRANATAMAB, (ECOG, f"{ECOG}\n    - any: [{A}, {B}]"))
    assert "initial: initial.all[3] any becomes all" in known
    assert known["initial: g.a dropped"].path == ("initial", "all", 3, "any", 0)
