"""What differs between the versions of CRD stands in their records: nothing else asks a version for its name."""

import ast
from pathlib import Path

import pytest

from hooks.protocol.crd_versions import CRD_VERSIONS

HOUSE = Path(__file__).parents[2]
RECORDS = {Path("hooks/protocol/crd_versions.py")}
SELF_TEST = Path("cds_service/conformance")
MODULES = sorted(
    module.relative_to(HOUSE)
    for package in ("cds_service", "fhir_mappings", "hooks", "policies")
    for module in (HOUSE / package).rglob("*.py")
)


def named_in(source: str) -> list[int]:
    """Return the lines on which a version of CRD is named."""
    names = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return [node.lineno for node in names if isinstance(node.value, str) and node.value in CRD_VERSIONS]


@pytest.mark.parametrize("package", ["cds_service", "fhir_mappings", "hooks", "policies"])
def test_no_version_is_named_outside_the_records_and_the_self_test(package: str) -> None:
    modules = [one for one in MODULES if one.parts[0] == package and one not in RECORDS]
    found = {
        str(one): lines
        for one in modules
        if not one.is_relative_to(SELF_TEST) and (lines := named_in((HOUSE / one).read_text(encoding="utf-8")))
    }
    assert not found


def test_the_search_finds_a_name() -> None:
    assert named_in('if caller.version == "2.2":\n    pass\n') == [1]
