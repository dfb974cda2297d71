"""Each kind of fact has a record in both halves, and no name of a kind stands in Python outside of them."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

from fhir_mappings import facts, general_facts
from fhir_mappings.chart.kept_records import CLINICAL
from fhir_mappings.findings.fhir_kinds import FHIR_KINDS
from policies import kinds
from policies.kinds.disease import DISEASE_EXTENT
from policies.kinds.her2 import HER2_IHC
from policies.kinds.performance import PERFORMANCE_STATUS
from policies.kinds.registry import ANY_TEST, KINDS
from policies.model.fact_kinds import Answer, Kind, Parameter

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("benchmarks", "cds_service", "fhir_mappings", "hooks", "policies")

OTHER_WORDS = {
    ("policies/building/figures.py", "document"): "a policy's own document, by its word in the file",
    ("policies/checks/figures.py", "document"): "the same",
    ("policies/text/policy_view.py", "document"): "the same, as it is shown",
    ("cds_service/review_desk/desk_routes.py", "document"): "a field of the form: what a reviewer asks for",
    ("policies/skeleton/new_policy.py", "diagnosis"): "a place of the form of a new policy",
    ("fhir_mappings/sketches/claims.py", "diagnosis"): "an element of a claim (FHIR R4)",
    ("fhir_mappings/prior_auth/claim.py", "diagnosis"): "the same",
    ("cds_service/certification/pas_full_request.py", "diagnosis"): "the same",
    ("fhir_mappings/prior_auth/asked_parts.py", "diagnosis"): "the same",
    ("fhir_mappings/disease/disease_extent.py", "relapse"): "a clinical status (FHIR R4)",
    ("fhir_mappings/r4/status_rules.py", "relapse"): "the same, in words",
    ("policies/model/case_words.py", "relapse"): "the same, as a course in cases",
    ("cds_service/storage/tables.py", "indication"): "a column: the disease that an authorization was given for",
    ("cds_service/storage/statements.py", "indication"): "the same",
    ("cds_service/register/authorizations.py", "indication"): "the same",
    ("cds_service/storage/migrations/versions/m0022_orders_and_indications.py", "indication"): "the same",
}
"""Where a word that names a kind stands for something else."""


def words_in(source: str) -> Iterator[str]:
    """Yield every text of a source that is no docstring."""
    tree = ast.parse(source)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def modules() -> list[ModuleType]:
    rooms = (kinds, facts, general_facts)
    return [import_module(one.name) for room in rooms for one in iter_modules(room.__path__, f"{room.__name__}.")]


def records() -> list[tuple[str, str]]:
    """The file of each record, with the name of its kind."""
    return [
        (f"{module.__name__.replace('.', '/')}.py", getattr(one, "kind", one).name)
        for module in modules()
        for one in getattr(module, "RECORDS", ())
    ]


def named() -> set[tuple[str, str]]:
    files = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    places = ((file.relative_to(ROOT).as_posix(), word) for file in files for word in words_in(file.read_text("utf-8")))
    return {(place, word) for place, word in places if word in KINDS} - set(records())


def test_no_name_of_a_kind_stands_outside_of_its_record() -> None:
    assert named() - set(OTHER_WORDS) == set()


def test_every_exception_is_one() -> None:
    assert set(OTHER_WORDS) - named() == set()


def test_a_name_is_found_and_a_docstring_is_none() -> None:
    source = '"""relapse"""\nNAME = "relapse"\n\n\ndef f() -> str:\n    """relapse"""\n    return f"{NAME}.relapse"\n'
    assert list(words_in(source)) == ["relapse", ".relapse"]


def test_every_kind_that_is_described_is_registered_once_in_each_half() -> None:
    described = [one.name for module in modules() for one in vars(module).values() if isinstance(one, Kind)]
    assert set(described) == set(KINDS)
    for half in ("policies/", "fhir_mappings/"):
        assert sorted(name for file, name in records() if file.startswith(half)) == sorted(KINDS)
    assert [record.kind for record in FHIR_KINDS.values()] == list(KINDS.values())


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_both_halves_of_a_kind_hang_together(kind: Kind) -> None:
    record = FHIR_KINDS[kind]
    assert record.kind is kind
    assert kind.examples
    assert record.settled_by <= CLINICAL
    assert list(record.draws) == [word.verb for word in kind.case_words]
    assert (kind.options is not None) == (kind.answer is Answer.CHOICE)
    assert kind.highest is None or kind.answer is Answer.NUMBER
    assert set(kind.usual) <= {name for name, one in kind.parameters.items() if one.is_codes}
    if kind.options is not None and kind.options.parameter:
        assert kind.parameters[kind.options.parameter] in (Parameter.CODES, Parameter.DRUGS, Parameter.DEFINITION)
    if record.values:
        assert kind.parameters[record.values].is_codes


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_that_no_chart_settles_has_no_logic(kind: Kind) -> None:
    record = FHIR_KINDS[kind]
    assert record.logic is None or record.settled_by


def test_the_name_of_any_test_is_known() -> None:
    for kind, name in ((PERFORMANCE_STATUS, "ECOG"), (HER2_IHC, "HER-2"), (DISEASE_EXTENT, "TNM")):
        assert kind.tests is not None
        assert kind.tests.named.search(name)
        assert ANY_TEST.search(name)
