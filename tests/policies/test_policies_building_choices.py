"""Faults of choices and definitions, faults that would draw others after them, and what a built policy holds."""

from dataclasses import replace
from datetime import date

import pytest
from policy_texts import ELRANATAMAB, MARGETUXIMAB, Edit, built, faults, only_fault, words

from policies.files.problems import place
from policies.kinds.relapse import RELAPSE
from policies.kinds.treatment import PRIOR_REGIMENS
from policies.model.criteria import Comparison, Group, Leaf, Operator, RequestKind
from policies.model.findings import Finding, Origin, State
from policies.terminology.value_sets import DrugSet

IHC = "fact: her2_ihc_score, is: 3+}"
ISH = "fact: her2_ish_result, is: positive}"
PARTNERS = "    options: [capecitabine, eribulin, gemcitabine, vinorelbine, another chemotherapy, none]\n"
CURRENT = "A current ECOG performance status of 0 to <at_most:figure>"
ECOG = f"{{id: ecog, says: {CURRENT}, section: A.iii, fact: ecog, at_most: 2}}"
ROOT = "continuation:\n  all:\n"


@pytest.mark.parametrize(
    ("edit", "where", "cause", "mend"),
    [
        (
            (IHC, IHC.replace("is: 3+", 'is: "4+"')),
            "initial.all[1].any[0].is",
            "'4+' is none of the options of 'her2_ihc_score'",
            "one of: 3+, 2+, 1+, 0, negative",
        ),
        (
            (IHC, IHC.replace("is: 3+", "is: true")),
            "initial.all[1].any[0].is",
            "'True' is none of the options of 'her2_ihc_score'",
            "one of: 3+, 2+, 1+, 0, negative",
        ),
        (
            ("one_of: [metastatic, recurrent and unresectable]", "one_of: [metastatic, recurrent]"),
            "initial.all[0].all[1].one_of",
            "'recurrent' is none of the options of 'disease_extent'",
            "one of: metastatic, recurrent and unresectable, neither",
        ),
        (
            (ISH, ISH.replace("is: positive", "at_least: 1")),
            "initial.all[1].any[1].at_least",
            "'at_least' does not fit 'her2_ish_result'",
            "its answer is a choice",
        ),
        (
            (PARTNERS, ""),
            "facts.combination_partner.options",
            "A fact of kind 'combination_partner' needs options",
            "add or delete 'options'",
        ),
        (
            ("undecided: [equivocal]", "undecided: [unclear]"),
            "facts.her2_ish_result.undecided",
            "'unclear' is none of the options of 'her2_ish_result'",
            "use one of: positive, equivocal, negative",
        ),
        (
            ('      2+: "equivocal: ISH decides"', '      4+: "equivocal: ISH decides"'),
            "facts.her2_ihc_score.notes",
            "'4+' is none of the options of 'her2_ihc_score'",
            "use one of: 3+, 2+, 1+, 0, negative",
        ),
        (
            ("definition: her2-ish", "definition: her2-fish"),
            "facts.her2_ish_result.with.definition",
            "'her2-fish' does not do for 'definition'",
            "it takes the name of a definition of this policy",
        ),
        (
            ("definition: her2-ish", "definition: [her2-ish]"),
            "facts.her2_ish_result.with.definition",
            "'['her2-ish']' does not do for 'definition'",
            "it takes the name of a definition of this policy",
        ),
    ],
)
def test_a_fault_of_a_choice_or_a_definition_is_told(edit: Edit, where: str, cause: str, mend: str) -> None:
    assert (where, cause, mend) in [(place(one.path), one.cause, one.mend) for one in faults(MARGETUXIMAB, edit)]


def test_every_fault_of_a_file_is_reported_at_once_from_top_to_bottom() -> None:
    found = faults(
        ELRANATAMAB,
        ("version: 2025-12-11", "version: 2025-13-41"),
        ("  drugs: 2026-11-30", "  drugs: 2020-01-01"),
        ("    kind: performance_status", "    kind: performance"),
        ("setting: any}", "setting: adjuvant}"),
        ("fact: prior_lines, at_least: 4}", "fact: prior_lines, is: true}"),
        ("mg: 76, every_days: 7, from_day: 15}", "every_days: 7, from_day: 15}"),
    )
    assert [place(one.path) for one in found] == [
        "version",
        "value_sets.drugs",
        "facts.prior_lines.with.setting",
        "facts.ecog.kind",
        "initial.all[1].all[0].is",
        "dosing.schedule[3]",
    ]
    assert [one.line for one in found] == sorted(one.line for one in found)


def test_a_wrong_name_of_the_file_does_not_hide_a_missing_drug_table_or_the_other_way_round() -> None:
    found = faults(ELRANATAMAB, ("id: elranatamab\n", "id: elrexfio\n"), ("  drugs: 2026-11-30\n", ""))
    assert [place(one.path) for one in found] == ["version", "value_sets.drugs"]


def test_a_criterion_that_lacks_several_words_is_told_all_of_them() -> None:
    found = faults(ELRANATAMAB, (ECOG, "{fact: ekog, at_most: 2, at_least: 1}"))
    assert {one.cause for one in found} == {
        "A criterion that tests a fact needs 'id'",
        "A criterion that tests a fact needs 'says'",
        "A criterion that tests a fact needs 'section'",
        "There is no fact 'ekog'",
        "A test has one comparison; this one has: at_least, at_most",
        "No criterion uses 'ecog'",
    }


def test_a_group_with_an_id_needs_a_section() -> None:
    problem = only_fault(ELRANATAMAB, (f"    - {ECOG}\n", f"    - {{id: more, says: More, any: [{ECOG}]}}\n"))
    assert problem.cause == "'more' stands at no place of the document"
    assert problem.mend == "add 'section'"


@pytest.mark.parametrize("name", ["initial", "continuation"])
def test_a_whole_request_that_says_nothing_draws_no_complaint_about_its_words(name: str) -> None:
    problem = only_fault(ELRANATAMAB, (f"\n{name}:\n  all:\n", f"\n{name}: {{}}\nreadings_of_{name}:\n  all:\n"))
    assert problem.cause == f"'readings_of_{name}' is not a word of this file"


@pytest.mark.parametrize("kind", [f"{ROOT}    - all: [{{}}]\n", f"{ROOT}    - {{}}\n"])
def test_an_empty_criterion_is_a_fault_and_the_rest_is_still_read(kind: str) -> None:
    problem = only_fault(ELRANATAMAB, (ROOT, kind))
    assert problem.cause == "A criterion says one thing; this one says: nothing"


def test_a_faulty_gate_draws_no_complaint_about_the_criteria_behind_it() -> None:
    problem = only_fault(ELRANATAMAB, ("fact: patient_deceased, is: false}", "fact: patient_deceased}"))
    assert place(problem.path) == "gate"


def test_a_value_set_with_a_drug_that_is_not_in_the_table_is_a_fault() -> None:
    known = words()
    name = ("anti-cd38-antibodies", "2026-11-24")
    wrong = DrugSet(*name, "title", "says", {"daratumumab": "", "isatuximap": ""})
    (problem,) = faults(ELRANATAMAB, known=replace(known, sets={**known.sets, name: wrong}))
    assert place(problem.path) == "value_sets.anti-cd38-antibodies"
    assert problem.cause == "'isatuximap' of this value set is not in the drug table"
    assert problem.mend == "add it there, with its codes"


def test_the_gate_stands_before_the_criteria_of_both_requests() -> None:
    policy = built(ELRANATAMAB)
    for kind in RequestKind:
        assert next(policy.requests[kind].nodes()).id == "order.patient-living"
        assert policy.requests[kind].kind is kind


def test_a_request_that_is_one_criterion_stands_beside_the_gate_as_it_is() -> None:
    policy = built(ELRANATAMAB, ("\ninitial:\n  all:\n", "\ninitial:\n  any:\n"))
    gate, root = policy.requests[RequestKind.INITIAL].criteria.parts
    assert gate.id == "order.patient-living"
    assert isinstance(root, Group)
    assert root.operator is Operator.ANY


def test_groups_of_every_operator_are_built_with_the_section_that_they_stand_in() -> None:
    more = (
        "    - id: more\n      says: More\n      section: B\n      at_least_of:\n        needed: 1\n        of:\n"
        "          - not: {id: more.not, says: Not, fact: ecog, at_most: 2}\n"
        "          - {id: more.own, says: Own, section: B.i, fact: ecog, at_least: 1}\n"
    )
    policy = built(ELRANATAMAB, (f"    - {ECOG}\n", f"    - {ECOG}\n{more}"))
    group = policy.requests[RequestKind.INITIAL].criteria.parts[-1]
    assert isinstance(group, Group)
    assert (group.id, group.operator, group.needed) == ("more", Operator.AT_LEAST_OF, 1)
    turned, own = group.parts
    assert isinstance(turned, Group)
    assert (turned.operator, turned.id) == (Operator.NOT, "")
    assert turned.parts == (Leaf("more.not", "Not", "B", "ecog", Comparison.AT_MOST, 2),)
    assert own == Leaf("more.own", "Own", "B.i", "ecog", Comparison.AT_LEAST, 1)


def test_silence_is_unknown_but_for_the_facts_that_the_policy_settles() -> None:
    facts = built(ELRANATAMAB).facts
    assert facts["patient_deceased"].silent == Finding.known(False, origin=Origin.POLICY)
    assert facts["within_duration"].silent == Finding.known(True, origin=Origin.POLICY)
    assert facts["own_authorization"].silent == Finding.known(False, origin=Origin.POLICY)
    asked = [fact for fact in facts.values() if fact.ask]
    assert len(asked) == len(facts) - 3
    assert all(fact.silent.state is State.UNKNOWN for fact in asked)


def test_a_longest_duration_makes_silence_unknown() -> None:
    limited = ("    with: {maximum_days: none}\n", "    with: {maximum_days: 365}\n    ask: How long?\n")
    fact = built(ELRANATAMAB, limited).facts["within_duration"]
    assert fact.silent.state is State.UNKNOWN
    assert fact.parameters["maximum_days"] == 365


def test_a_question_over_several_lines_becomes_one_line() -> None:
    ask = built(ELRANATAMAB).facts["prior_lines"].ask
    assert "\n" not in ask
    assert "  " not in ask


def test_the_first_fact_of_a_kind_is_found() -> None:
    policy = built(MARGETUXIMAB)
    found = policy.fact_of_kind(PRIOR_REGIMENS)
    assert found is not None
    assert found.name == "prior_anti_her2_therapies"
    assert policy.fact_of_kind(RELAPSE) is None


def test_a_policy_holds_its_head_and_its_pins() -> None:
    policy = built(MARGETUXIMAB, ("revision: 2", "revision: 4"))
    assert (policy.id, policy.version, policy.revision) == ("margetuximab", date(2026, 5, 6), 4)
    assert policy.value_sets["her2-tests"] == "2026-11-24"
    with pytest.raises(TypeError):
        policy.value_sets["her2-tests"] = "2020-01-01"  # type: ignore[index]


def test_a_score_is_called_what_the_definition_calls_it() -> None:
    definition = built(MARGETUXIMAB).figures.definitions["her2-ihc"]
    assert definition.result_of_score("2+") == "equivocal"
    assert definition.result_of_score("4+") == ""
