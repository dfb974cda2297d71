"""What goes before a drug: named by the policy file, with a verified code, beside the criterion that asks for it."""

import pytest
from policy_texts import Edit, edited

from policies.building.policy import build
from policies.files.problems import PolicyError, Problem
from policies.files.yaml_source import parse
from policies.model.policy import Policy
from policies.text.policy_text import show
from policies.text.version_diff import differences
from tests import world

FILE = "data/infliximab/2026-12-01.yaml"
FIRST = '{drug: infliximab-bs, system: HCPCS, code: "Q5103", name: infliximab-dyyb (Inflectra)}'


def built(*edits: Edit) -> Policy:
    text = (world.own_folder() / "examples" / FILE).read_text(encoding="utf-8")
    return build(parse(edited(text, *edits), FILE), world.examples().terminology)


def fault(*edits: Edit) -> Problem:
    with pytest.raises(PolicyError) as caught:
        built(*edits)
    (problem,) = caught.value.problems
    return problem


def test_it_is_read_with_its_codes() -> None:
    found = built().figures.preferred
    assert found is not None
    assert (found.criterion, found.same_dose) == ("biosimilar-first", True)
    assert [(one.drug, one.code, one.name) for one in found.products] == [
        ("infliximab-bs", "Q5103", "infliximab-dyyb (Inflectra)"),
        ("infliximab-bs", "Q5104", "infliximab-abda (Renflexis)"),
        ("infliximab-bs", "Q5121", "infliximab-axxq (Avsola)"),
    ]
    assert world.policies().versions("margetuximab").policies[0].figures.preferred is None


@pytest.mark.parametrize(
    ("edit", "place", "cause", "mend"),
    [
        (
            ("criterion: biosimilar-first", "criterion: biosimilar-frist"),
            ("preferred", "criterion"),
            "'biosimilar-frist' is no criterion of this policy",
            "name the criterion that asks for what is preferred, by its id",
        ),
        (
            (FIRST, FIRST.replace("infliximab-bs", "infliximab")),
            ("preferred", "products", 0, "drug"),
            "'infliximab' is the policy's own drug",
            "name what goes before it",
        ),
        (
            (FIRST, FIRST.replace("infliximab-bs", "inflixmab")),
            ("preferred", "products", 0, "drug"),
            "'inflixmab' is not in the drug table",
            "add it there, with its codes",
        ),
        (
            (FIRST, FIRST.replace("Q5103", "Q5199")),
            ("preferred", "products", 0, "code"),
            "HCPCS Q5199 is no verified code of 'infliximab-bs'",
            "name one of: HCPCS Q5103, HCPCS Q5104, HCPCS Q5121",
        ),
        (("same_dose: true", "same_dsoe: true"), ("preferred", "same_dsoe"), "", "did you mean 'same_dose'?"),
        (
            ('  source: "This example, section 3"\n', ""),
            ("preferred",),
            "'source' is missing here",
            "add what is missing",
        ),
    ],
)
def test_what_cannot_be_proposed_is_a_fault(edit: Edit, place: tuple[str | int, ...], cause: str, mend: str) -> None:
    found = fault(edit)
    assert found.path == place
    assert found.line > 1
    assert cause in found.cause
    assert found.mend == mend


def test_it_is_shown_and_compared() -> None:
    words = world.examples().terminology
    assert "infliximab-dyyb (Inflectra), infliximab-bs: Q5103" in " ".join(show(built(), words).split())
    fewer = built((f"    - {FIRST}\n", ""))
    assert any(
        "No longer a word on what is preferred: infliximab-dyyb" in one for one in differences(fewer, built(), words)
    )
