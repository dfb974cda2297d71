"""What an explanation of a criterion names."""

import pytest

from hooks.coverage_decision.explanations import is_named


@pytest.mark.parametrize(
    ("note", "named"),
    [
        ("HER2 IHC 3+, 2026-05-01, Observation/a1. Which stands?", True),
        ("HER2 IHC 3+ (2026-05-01; Observation/a1)", True),
        ("Observation/a1", True),
        ("HER2 IHC 3+, 2026-05-01, Observation/a12. Which stands?", False),
        ("HER2 IHC 3+, 2026-05-01, Observation/a1.2", False),
        ("HER2 IHC 3+, 2026-05-01, Observation/a1-2", False),
        ("", False),
    ],
)
def test_a_note_names_a_resource_by_its_whole_id(note: str, named: bool) -> None:
    assert is_named("Observation/a1", note) is named
