"""The payer's figures of a policy file: document, product, dose, definitions and rules for lines."""

from typing import Any

from policies.building.draft import Draft
from policies.drugs import Drugs
from policies.tables import (
    Bounds,
    Definition,
    DefinitionRow,
    Document,
    DoseStep,
    Figures,
    LineRules,
    Product,
)
from policies.value_sets import DrugSet


def figures(draft: Draft, drugs: Drugs | None) -> Figures:
    """Build the figures; faults are noted in the draft. Without a drug table, drugs are not looked up in it."""
    content = draft.content
    return Figures(
        document=_document(content["document"]),
        product=_product(draft, content["product"], drugs),
        dose=tuple(_dose(draft, index, row) for index, row in enumerate(content["dose"])),
        dose_note=content["dose_note"],
        authorization_months=content["authorization_months"],
        safety=tuple(content["safety"]),
        readings=tuple(content["readings"]),
        definitions={name: _definition(name, entry) for name, entry in content["definitions"].items()},
        lines=_lines(draft, content["lines"], drugs),
    )


def _document(entry: dict[str, Any]) -> Document:
    listed = {"approved": tuple(entry["approved"]), "lines_of_business": tuple(entry["lines_of_business"])}
    return Document(**{**entry, **listed})


def _product(draft: Draft, entry: dict[str, Any], drugs: Drugs | None) -> Product:
    billing = entry["billing"]
    if drugs is not None and entry["drug"] not in drugs.by_id:
        draft.fault(("product", "drug"), f"'{entry['drug']}' is not in the drug table", "add it there, with its codes")
    system = draft.terminology.systems.get(billing["system"])
    if system is None:
        draft.fault(("product", "billing", "system"), f"'{billing['system']}' is no code system", "see systems.yaml")
    return Product(
        entry["drug"],
        tuple(entry["names"]),
        system.uri if system else "",
        billing["code"],
        billing["display"],
        billing["unit_mg"],
        tuple(entry["vials"]),
    )


def _dose(draft: Draft, index: int, row: dict[str, Any]) -> DoseStep:
    if ("mg" in row) == ("mg_per_kg" in row):
        draft.fault(("dose", index), "A dose is given in mg or in mg per kg", "give one of 'mg' and 'mg_per_kg'")
    return DoseStep(row["step"], row["when"], row["route"], row.get("mg"), row.get("mg_per_kg"), row["every_days"])


def _definition(name: str, entry: dict[str, Any]) -> Definition:
    return Definition(name, " ".join(entry["says"].split()), tuple(_definition_row(row) for row in entry["rows"]))


def _definition_row(row: dict[str, Any]) -> DefinitionRow:
    measures = tuple(
        (measure, Bounds(row[measure].get("at_least"), row[measure].get("below")))
        for measure in ("ratio", "copies")
        if measure in row
    )
    return DefinitionRow(row["result"], row["says"], row.get("score", ""), row.get("probe", ""), measures)


def _lines(draft: Draft, entry: dict[str, Any], drugs: Drugs | None) -> LineRules:
    version = draft.content["value_sets"].get(entry["drugs"], "")
    line_drugs = draft.terminology.sets.get((entry["drugs"], version))
    if not isinstance(line_drugs, DrugSet):
        draft.fault(
            ("lines", "drugs"),
            f"'{entry['drugs']}' is no pinned value set of drugs",
            "pin it under 'value_sets'",
        )
    for index, pair in enumerate(entry["same_line"]):
        for drug in sorted(set(pair) - drugs.by_id.keys()) if drugs is not None else ():
            draft.fault(("lines", "same_line", index), f"'{drug}' is not in the drug table", "name one that is")
    pairs = frozenset((first, second) for first, second in entry["same_line"])
    days = (entry["window_days"], entry["gap_days"], entry["lead_in_days"])
    return LineRules(entry["drugs"], *days, pairs, tuple(entry["sources"]))
