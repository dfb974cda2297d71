"""What can be called stands in README or docs: an address that nobody is told of is of no use."""

import re
from pathlib import Path

from flask.testing import FlaskClient

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *(one for one in (ROOT / "docs").glob("*.md") if one.stem != "conformance")]


def test_every_address_is_told(client: FlaskClient) -> None:
    spans = {span for page in PAGES for span in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))}
    told = {part for span in spans for part in re.split(r"[/\s?,]+", span)}
    fixed = {
        part
        for rule in client.application.url_map.iter_rules()
        if rule.endpoint != "static"
        for part in rule.rule.split("/")
        if part and "<" not in part
    }
    assert fixed - told == set()
