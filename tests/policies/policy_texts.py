"""The files of the tests' world as text, with pieces replaced, and what the checks say of the result."""

from functools import cache

from policies.building.policy import build
from policies.files.problems import PolicyError, Problem
from policies.files.yaml_source import parse
from policies.model.policy import Policy
from policies.terminology.registry import Terminology
from policies.workspace.workspace import own_folder
from tests import world

HOME = world.FOLDER
MARGETUXIMAB = "data/margetuximab/2026-05-06.yaml"
ELRANATAMAB = "data/elranatamab/2025-12-11.yaml"
Edit = tuple[str, str]


def words() -> Terminology:
    return world.policies().terminology


def shipped_words() -> Terminology:
    """Return the value sets and drug tables that ship."""
    return world.shipped().terminology


@cache
def first_release(policy_id: str) -> Policy:
    """Return a shipped policy in its first version, which no later one changes: a released file is not edited."""
    file = min((own_folder() / "data" / policy_id).glob("*.yaml"))
    return build(parse(file.read_text(encoding="utf-8"), f"data/{policy_id}/{file.name}"), shipped_words())


@cache
def real(name: str) -> str:
    return (HOME / name).read_text(encoding="utf-8")


def edited(text: str, *edits: Edit) -> str:
    for old, new in edits:
        assert text.count(old) == 1, f"{text.count(old)} times in the file: {old}"
        text = text.replace(old, new)
    return text


def built(name: str, *edits: Edit, known: Terminology | None = None) -> Policy:
    return build(parse(edited(real(name), *edits), name), known or words())


def faults(name: str, *edits: Edit, known: Terminology | None = None) -> tuple[Problem, ...]:
    try:
        built(name, *edits, known=known)
    except PolicyError as error:
        return error.problems
    return ()


def only_fault(name: str, *edits: Edit) -> Problem:
    found = faults(name, *edits)
    assert len(found) == 1, "\n".join(str(one) for one in found)
    return found[0]


def position(text: str, piece: str) -> tuple[int, int]:
    """Return line and column, from 1, of the first place where a piece of text begins."""
    before = text[: text.index(piece)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")
