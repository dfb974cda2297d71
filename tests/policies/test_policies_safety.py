"""What a policy file says on safety, and the test that a fact proposes: built as written, and held against its sets."""

import pytest
from policy_texts import ELRANATAMAB, MARGETUXIMAB, Edit, built, only_fault

from policies.files.problems import place
from policies.model.safety import SafetyKind
from policies.text.phrases import note_in_words, proposal_in_words

PROPOSES = "facts.her2_ish_result.proposes"


def test_the_boxed_warnings_stand_with_their_section_and_what_belongs_beside_them() -> None:
    notes = [note for note in built(MARGETUXIMAB).figures.safety if note.kind is SafetyKind.BOXED_WARNING]
    assert [(note.about, note.section, note.tests, note.women_below) for note in notes] == [
        ("left ventricular dysfunction", "Boxed warning", "lvef-tests", None),
        ("harm to an unborn child", "Boxed warning", "pregnancy-tests", 60),
    ]
    kinds = [note.kind.value for note in built(ELRANATAMAB).figures.safety]
    assert kinds == ["boxed warning", "boxed warning", "program", "approval"]


def test_statements_are_told_in_words() -> None:
    told = [note_in_words(note) for note in built(MARGETUXIMAB).figures.safety]
    assert told[1] == (
        "Boxed warning: Harm to an unborn child: effective contraception is advised. "
        "Shown beside it: pregnancy-tests, for women below 60."
    )
    assert told[2].startswith("Trial (Labelled use): In the final survival analysis")


def test_equivocal_immunohistochemistry_proposes_the_reflex_test() -> None:
    proposed = built(MARGETUXIMAB).facts["her2_ish_result"].proposes
    assert proposed is not None
    assert proposal_in_words(proposed) == (
        "ERBB2 gene duplication [Presence] in Breast cancer specimen by FISH (LOINC 85318-4) where her2_ihc_score is 2+"
    )
    assert all(one.proposes is None for one in built(ELRANATAMAB).facts.values())


@pytest.mark.parametrize(
    ("edit", "where", "cause"),
    [
        (("tests: lvef-tests", "tests: nothing-such"), "safety[0].tests", "'nothing-such' is no pinned value set"),
        (("tests: lvef-tests", "tests: anti-her2-drugs"), "safety[0].tests", "'anti-her2-drugs' is no pinned value"),
        (("    tests: pregnancy-tests\n", ""), "safety[1].women_below", "An age without results says nothing"),
        (('code: "85318-4"', 'code: "1-8"'), PROPOSES, "'1-8' is no verified test of"),
        (('LOINC, code: "85318-4"', 'XY, code: "85318-4"'), PROPOSES, "'85318-4' is no verified"),
        (("her2_ihc_score, is: 2+", "her2_ihc_score, is: 7+"), PROPOSES, "'her2_ihc_score' has no option '7+'"),
        (("when: her2_ihc_score", "when: nothing_such"), PROPOSES, "'nothing_such' has no option '2+'"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_or_ordered_is_a_fault(edit: Edit, where: str, cause: str) -> None:
    problem = only_fault(MARGETUXIMAB, edit)
    assert place(problem.path) == where
    assert problem.cause.startswith(cause)
