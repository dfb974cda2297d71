"""The page of the kinds is what the command prints."""

from pathlib import Path

from click.testing import CliRunner

from cds_service.commands.policy import TABLES, policy
from policies.kinds.registry import KINDS
from policies.text.kinds_page import kinds_page

PAGE = Path("docs/fact-kinds.md")


def test_the_page_of_the_kinds_is_what_the_command_prints(tmp_path: Path) -> None:
    _, _, tables = PAGE.read_text(encoding="utf-8").partition(TABLES)
    assert tables.strip() == kinds_page().strip()
    printed = CliRunner().invoke(policy, ["kinds"])
    assert printed.output == kinds_page()
    copy = tmp_path / "page.md"
    copy.write_text(f"# Head\n\n{TABLES}\n\nold\n", encoding="utf-8")
    CliRunner().invoke(policy, ["kinds", "--write", str(copy)])
    assert copy.read_text(encoding="utf-8") == f"# Head\n\n{TABLES}\n\n{kinds_page()}"


def test_every_kind_word_and_example_stands_on_the_page() -> None:
    page = kinds_page()
    for kind in KINDS.values():
        assert f"| `{kind.name}` | " in page
        assert all(f"| `{word.verb}` | `{kind.name}` |" in page for word in kind.case_words)
        assert all(f"`{line}`" in page for example in kind.examples for line in example.chart)
