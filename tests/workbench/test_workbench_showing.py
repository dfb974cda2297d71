"""A policy as text for a terminal."""

import pytest
from workbench_files import ELRANATAMAB, MARGETUXIMAB, desk_on_file, made

from policies.text.policy_text import WIDTH, show

REVISION = made(ELRANATAMAB)[0].revision


@pytest.mark.parametrize("policy_id", desk_on_file().catalogue.ids)
def test_every_policy_is_shown_with_all_that_it_decides_by(policy_id: str) -> None:
    desk = desk_on_file()
    policy = desk.newest(policy_id)
    text = show(policy, desk.catalogue.terminology)
    flat = " ".join(text.split())
    for request in policy.requests.values():
        assert all(node.says in flat and node.id in flat for node in request.nodes())
    assert all(fact.ask in flat for fact in policy.facts.values())
    assert all(f"{name} of {version}" in flat for name, version in policy.value_sets.items())
    assert all(
        sentence in flat for sentence in (*policy.figures.readings, *(note.says for note in policy.figures.safety))
    )
    assert max(map(len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (ELRANATAMAB, f"Elranatamab-bcmm (Elrexfio): elranatamab, in force from 2025-12-11, revision {REVISION}"),
        (ELRANATAMAB, "        met when Earlier therapies (lines): 4 or more"),
        (ELRANATAMAB, "      looks back 90 days"),
        (ELRANATAMAB, "  - drugs started within 60 days belong to one line"),
        (ELRANATAMAB, "  - ixazomib may follow bortezomib inside a line"),
        (ELRANATAMAB, "  - Step-up 1 (day 1): 12 mg subcutaneous"),
        (ELRANATAMAB, "  - anti-cd38-antibodies of 2026-11-24: Anti-CD38 antibodies; daratumumab, isatuximab"),
        (MARGETUXIMAB, "        answers: positive, equivocal, negative (settles nothing: equivocal)"),
        (
            MARGETUXIMAB,
            "  - dual probe, ratio 2.0 or more: positive (HER2/CEP17 ratio of 2.0 or more, whatever the copies)",
        ),
        (MARGETUXIMAB, "  - after a lead-in drug the window is 180 days"),
    ],
)
def test_figures_are_put_into_words(name: str, line: str) -> None:
    policy, _ = made(name)
    assert line in show(policy, desk_on_file().catalogue.terminology).splitlines()
