"""A figure stands once in a policy file; its sentences name it, and building fills it in."""

import pytest
from policy_texts import ELRANATAMAB, MARGETUXIMAB, Edit, built, faults, only_fault

from policies.files.problems import place
from policies.model.criteria import RequestKind

COUNT = "says: At least <at_least> earlier therapies, fact: prior_lines"
ECOG = "ask: What is the patient's ECOG performance status today (0 to 5)?"


def said(name: str, criterion: str, *edits: Edit) -> str:
    nodes = built(name, *edits).requests[RequestKind.INITIAL].nodes()
    return next(node.says for node in nodes if node.id == criterion)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("At least <at_least> earlier therapies", "At least four earlier therapies"),
        ("<At_least> or more", "Four or more"),
        ("At least <at_least:figure>", "At least 4"),
        ("Now in <at_least:next> line", "Now in fifth line"),
        ("<At_least:next> line", "Fifth line"),
        ("A status of the last <facts.ecog.within_days> days", "A status of the last 90 days"),
        ("Therapies begun within <lines.window_days:weeks>", "Therapies begun within 60 days"),
        ("For <authorization_months> months", "For six months"),
        ("ECOG 0 to <ecog.at_most:figure>", "ECOG 0 to 2"),
        ('"5 < 6, a <b, and 3 > 2"', "5 < 6, a <b, and 3 > 2"),
    ],
)
def test_a_sentence_is_filled_with_the_figure_that_it_names(written: str, read: str) -> None:
    assert said(ELRANATAMAB, "prior-therapies.count", (COUNT, f"says: {written}, fact: prior_lines")) == read


@pytest.mark.parametrize(("days", "read"), [("7", "week"), ("14", "2 weeks"), ("10", "10 days"), ("1", "day")])
def test_days_can_be_written_as_weeks(days: str, read: str) -> None:
    edits = (
        ("within_days: 90}\n    ask: What is", f"within_days: {days}}}\n    ask: What is"),
        (ECOG, "ask: Every <within_days:weeks>?"),
    )
    assert built(ELRANATAMAB, *edits).facts["ecog"].ask == f"Every {read}?"


@pytest.mark.parametrize(("figure", "read"), [("12", "twelve"), ("13", "13")])
def test_a_whole_number_is_written_as_a_word_up_to_twelve(figure: str, read: str) -> None:
    edit = ("fact: prior_lines, at_least: 4}", f"fact: prior_lines, at_least: {figure}}}")
    assert said(ELRANATAMAB, "prior-therapies.count", edit) == f"At least {read} earlier therapies"


def test_a_list_is_written_as_people_say_it() -> None:
    assert said(MARGETUXIMAB, "combination-chemotherapy") == (
        "Given together with capecitabine, eribulin, gemcitabine or vinorelbine"
    )


def test_a_group_can_name_the_figures_of_its_tests() -> None:
    assert said(MARGETUXIMAB, "prior-anti-her2") == (
        "Two or more earlier anti-HER2 therapies, one of them for metastatic disease, and now in fourth line or later"
    )


@pytest.mark.parametrize(
    ("written", "cause", "mend"),
    [
        ("At least <at_mots> of them", "There is no figure 'at_mots' here", "use one of: <"),
        ("At least <zzz>", "There is no figure 'zzz' here", "use one of: <"),
        ("At least <at_least:roman>", "A figure cannot be written as 'roman'", "use one of: figure, next, weeks"),
        (
            "At least <facts.ecog.within_days:next>",
            "'facts.ecog.within_days' cannot be written as 'next'",
            "leave the form out",
        ),
    ],
)
def test_a_figure_that_is_not_there_is_a_fault_at_its_sentence(written: str, cause: str, mend: str) -> None:
    problem = only_fault(ELRANATAMAB, (COUNT, f"says: {written}, fact: prior_lines"))
    assert place(problem.path) == "initial.all[1].all[0].says"
    assert problem.cause == cause
    assert problem.mend.startswith(mend)


def test_what_only_follows_from_another_fault_is_not_told_beside_it() -> None:
    found = faults(ELRANATAMAB, ("fact: prior_lines, at_least: 4}", "fact: prior_lines}"))
    assert [place(one.path) for one in found] == ["initial.all[1].all[0]"]
