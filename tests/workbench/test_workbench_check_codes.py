"""Codes that decide must be verified; what is pinned must be used."""

from dataclasses import replace

import pytest
from workbench_files import ELRANATAMAB, MARGETUXIMAB, Edit, causes, desk_on_file, made, only, unverified_drugs

from policies.checks.codes import check, used_sets
from policies.checks.remarks import Remark
from policies.terminology.drugs import Drugs
from policies.terminology.registry import Terminology
from policies.terminology.value_sets import CodeSet

BELANTAMAB = "'belantamab-mafodotin' of 'myeloma-therapies' has no verified code"


def words() -> Terminology:
    return desk_on_file().catalogue.terminology


def remarks(name: str, *edits: Edit, known: Terminology | None = None) -> list[Remark]:
    policy, source = made(name, *edits)
    return list(check(policy, source, known or words()))


def unverified(name: str, *, means: str = "") -> Terminology:
    """Return the terminology with a value set whose codes (of one meaning) were seen nowhere."""
    version = made(MARGETUXIMAB)[0].value_sets[name]
    pinned = words().codes(name, version)
    members = (replace(one, confidence="recalled") if means in ("", one.means) else one for one in pinned.members)
    changed = CodeSet(name, version, pinned.title, pinned.says, members)
    return replace(words(), sets={**words().sets, (name, version): changed})


@pytest.mark.parametrize("name", [MARGETUXIMAB, ELRANATAMAB])
def test_the_policies_on_file_have_neither_fault_nor_warning(name: str) -> None:
    assert remarks(name) == []


def test_a_drug_of_a_set_without_a_verified_code_is_suspicious() -> None:
    remark = only(remarks(ELRANATAMAB, known=unverified_drugs("belantamab-mafodotin")))
    assert remark.problem.cause.startswith(BELANTAMAB)
    assert not remark.stops


def test_a_value_set_that_nothing_uses_is_a_fault_with_its_place() -> None:
    line = "  her2-tests: 2026-11-24\n"
    remark = only(remarks(MARGETUXIMAB, (line, f"{line}  ecog-tests: 2026-11-24\n")))
    assert remark.stops
    assert "'ecog-tests' is pinned, but no fact and no figure uses it" in str(remark)
    assert str(remark).startswith("data/margetuximab/2026-05-06.yaml:38:3 (value_sets.ecog-tests)")
    assert "To mend it: use it, or delete the line" in str(remark)


def test_disease_line_drugs_and_parameters_are_uses() -> None:
    policy, _ = made(ELRANATAMAB)
    assert used_sets(policy)[:2] == ("multiple-myeloma", "myeloma-therapies")
    assert {*used_sets(policy), "drugs", "unspecific-drug-codes"} == set(policy.value_sets)


def test_a_value_set_without_a_verified_code_is_a_fault() -> None:
    remark = only(remarks(MARGETUXIMAB, known=unverified("stop-reasons")))
    assert remark.stops
    assert "No code of the value set 'stop-reasons' is verified" in remark.problem.cause


def test_a_meaning_without_a_verified_code_is_suspicious() -> None:
    remark = only(remarks(MARGETUXIMAB, known=unverified("result-words", means="equivocal")))
    assert not remark.stops
    assert "No code of 'result-words' that means 'equivocal' is verified" in remark.problem.cause


def test_a_class_of_drugs_of_which_none_has_a_verified_code_is_a_fault() -> None:
    found = remarks(ELRANATAMAB, known=unverified_drugs("daratumumab", "isatuximab"))
    told = next(one for one in found if "anti-cd38-antibodies" in one.problem.path)
    assert told.stops
    assert "none is ever found" in told.problem.cause


def test_a_product_without_a_verified_code_can_be_ordered_by_nobody() -> None:
    found = causes(remarks(MARGETUXIMAB, known=unverified_drugs("margetuximab")))
    assert found == [
        "'margetuximab' has no verified code in the drug table, so that no order can name it",
        "'J9353' is no verified code of 'margetuximab'",
    ]


def test_a_billing_code_of_another_drug_is_a_fault() -> None:
    remark = only(remarks(MARGETUXIMAB, ("code: J9353", "code: J9355")))
    assert remark.stops
    assert remark.problem.cause == "'J9355' is no verified code of 'margetuximab': it is a code of 'trastuzumab'"


def test_a_drug_that_the_newest_drug_table_lacks_can_be_ordered_by_nobody() -> None:
    known = words()
    newest = known.drugs(max(known.drug_tables))
    later = Drugs("2030-01-01", [one for one in newest.by_id.values() if one.id != "margetuximab"], newest.diseases)
    without = replace(known, drug_tables={**known.drug_tables, "2030-01-01": later})
    remark = only(remarks(MARGETUXIMAB, known=without))
    assert remark.stops
    assert "is not in the newest drug table, of 2030-01-01" in remark.problem.cause
    assert "'beside: 2030-01-01'" in remark.problem.mend


def test_a_set_that_is_called_by_a_route_holds_drugs_that_are_bound_to_it() -> None:
    version = made(MARGETUXIMAB)[0].value_sets["margetuximab-partners"]
    pinned = replace(words().drug_set("margetuximab-partners", version), title="Inhaled partners")
    known = replace(words(), sets={**words().sets, (pinned.name, version): pinned})
    found = causes(remarks(MARGETUXIMAB, known=known))
    assert len(found) == len(pinned.roles)
    assert all("is not bound to that route" in one for one in found)
