"""The payer's figures of a policy file: document, product, dose, definitions and rules for lines."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from policies.building.dosing import dosing
from policies.building.draft import Draft
from policies.building.preferred import preferred
from policies.building.safety import safety_notes
from policies.files.problems import Path
from policies.model.criteria import Request, RequestKind
from policies.model.figures import (
    NO_LINES,
    Bounds,
    Definition,
    DefinitionRow,
    Document,
    Documentation,
    Figures,
    LineRules,
    Product,
)
from policies.terminology.drugs import Drugs
from policies.terminology.value_sets import DrugSet


def figures(draft: Draft, drugs: Drugs | None, criteria: Mapping[RequestKind, Request]) -> Figures:
    """Build the figures; faults are noted in the draft. Without a drug table, drugs are not looked up in it."""
    content = draft.content
    return Figures(
        document=_document(content["document"]),
        product=_product(draft, content["product"], drugs),
        dosing=dosing(draft, content.get("dosing")),
        authorization_months=content["authorization_months"],
        safety=safety_notes(draft),
        readings=tuple(content["readings"]),
        definitions={name: _definition(name, entry) for name, entry in content["definitions"].items()},
        lines=line_rules(draft, content.get("lines"), drugs) or NO_LINES,
        documentation={kind: Documentation(**entry) for kind, entry in content.get("documentation", {}).items()},
        preferred=preferred(draft, drugs, criteria),
    )


def _document(entry: dict[str, Any]) -> Document:
    listed = {"approved": tuple(entry["approved"]), "lines_of_business": tuple(entry["lines_of_business"])}
    return Document(**{**entry, **listed})


def _product(draft: Draft, entry: dict[str, Any], drugs: Drugs | None) -> Product:
    billing = entry.get("billing")
    if drugs is not None and entry["drug"] not in drugs.by_id:
        draft.fault(("product", "drug"), f"'{entry['drug']}' is not in the drug table", "add it there, with its codes")
    vials = tuple(entry.get("vials", ()))
    if billing is None:
        return Product(entry["drug"], tuple(entry["names"]), "", "", "", Decimal(0), vials)
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
        vials,
    )


def _definition(name: str, entry: dict[str, Any]) -> Definition:
    return Definition(name, " ".join(entry["says"].split()), tuple(_definition_row(row) for row in entry["rows"]))


def _definition_row(row: dict[str, Any]) -> DefinitionRow:
    measures = tuple(
        (measure, Bounds(row[measure].get("at_least"), row[measure].get("below")))
        for measure in ("ratio", "copies")
        if measure in row
    )
    return DefinitionRow(row["result"], row["says"], row.get("score", ""), row.get("probe", ""), measures)


def _check_drugs_of_lines(draft: Draft, entry: dict[str, Any], drugs: Drugs | None, here: Path) -> None:
    """Note what is no value set of drugs, and every drug of a rule that the drug table does not hold."""
    version = draft.content["value_sets"].get(entry["drugs"], "")
    line_drugs = draft.terminology.sets.get((entry["drugs"], version))
    if not isinstance(line_drugs, DrugSet):
        draft.fault(
            (*here, "drugs"),
            f"'{entry['drugs']}' is no pinned value set of drugs",
            "pin it under 'value_sets'",
        )
    named = [(("same_line", index), pair) for index, pair in enumerate(entry["same_line"])]
    for key in ("consolidation", "cell_therapies"):
        named += [((key, index), [drug]) for index, drug in enumerate(entry.get(key, ()))]
    for place, known in named:
        for drug in sorted(set(known) - drugs.by_id.keys()) if drugs is not None else ():
            draft.fault((*here, *place), f"'{drug}' is not in the drug table", "name one that is")


def line_rules(
    draft: Draft, entry: dict[str, Any] | None, drugs: Drugs | None, here: Path = ("lines",)
) -> LineRules | None:
    """Build the rules for lines of therapy that stand at a path of the file; None where there are none."""
    if entry is None:
        return None
    _check_drugs_of_lines(draft, entry, drugs, here)
    return LineRules(
        drugs=entry["drugs"],
        window_days=entry["window_days"],
        gap_days=entry["gap_days"],
        lead_in_days=entry["lead_in_days"],
        maintenance_days=entry["maintenance_days"],
        same_line=frozenset((first, second) for first, second in entry["same_line"]),
        consolidation=frozenset(entry["consolidation"]),
        intents=_intents(draft, entry, here),
        sources=tuple(entry["sources"]),
        bridging_days=entry.get("bridging_days", 0),
        cell_therapies=frozenset(entry.get("cell_therapies", ())),
    )


def _intents(draft: Draft, entry: dict[str, Any], here: Path) -> str:
    """Return the name of the value set of coded settings; empty if the policy names none."""
    name: str = entry.get("intents", "")
    if name:
        draft.check_codes((*here, "intents"), name)
    return name
