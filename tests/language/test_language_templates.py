"""No page for clinicians, testers and reviewers says anything by its template: its sentences stand in the texts."""

import re
from pathlib import Path

import pytest

import cds_service

TEMPLATES = Path(cds_service.__file__).parent / "templates"
PAGES = sorted([*(path for room in ("forms", "review", "parts") for path in (TEMPLATES / room).glob("*.html"))])
PAGES += [TEMPLATES / "try.html", TEMPLATES / "lost.html", TEMPLATES / "policies.html", TEMPLATES / "policy.html"]
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_QUIET = re.compile(r"<textarea id=\"curl\".*?</textarea>", re.DOTALL)
_SPOKEN = re.compile(r"\b(?:title|aria-label|placeholder|alt)=\"([^\"]*)\"")
UNITS = {"UTC", "ms"}


def said(path: Path) -> list[str]:
    """The words of a template that nobody translates."""
    text = _JINJA.sub("", _QUIET.sub("", path.read_text(encoding="utf-8")))
    spoken = [re.sub(r"<[^>]*>", " ", text), *_SPOKEN.findall(text)]
    return [one for part in spoken for one in re.findall(r"[A-Za-z]{2,}", part) if one not in UNITS]


@pytest.mark.parametrize("path", PAGES, ids=lambda one: f"{one.parent.name}-{one.stem}")
def test_a_template_holds_no_sentence(path: Path) -> None:
    assert said(path) == []


def test_a_sentence_in_a_template_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<p aria-label="Not counted">{{ say("x") }} Sign out</p>', encoding="utf-8")
    assert said(page) == ["Sign", "out", "Not", "counted"]
