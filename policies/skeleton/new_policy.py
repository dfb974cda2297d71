"""`policy new`: a commented policy file and a first case, to be filled in."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path as FilePath
from textwrap import wrap

from policies.catalogue import UNSPECIFIC, Catalogue
from policies.checks.codes import codes_of
from policies.kinds.registry import KINDS
from policies.model.fact_kinds import Kind
from policies.skeleton.on_file import (
    BILLED_BY,
    SkeletonError,
    Wanted,
    billing_code,
    codes,
    disease_of,
    drug_of,
    drug_set,
    filled,
    line_drugs,
    newest,
)
from policies.terminology.drugs import DrugCode
from policies.terminology.registry import DRUG_TABLE
from policies.terminology.value_sets import CodeSet
from policies.workspace.workspace import Desk

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_UNIT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?mg\b", re.IGNORECASE)
_A_YEAR = 365
_WIDTH = 108


def begin(desk: Desk, wanted: Wanted) -> tuple[FilePath, ...]:
    """Write the two files of a new policy and return them; raises SkeletonError, and then writes nothing."""
    figures = _figures(desk.catalogue, wanted)
    figures |= {"hints": filled("hints.yaml.txt", figures) if figures["suggest_codes"] else ""}
    figures |= _indications(desk.catalogue, wanted, figures)
    folder = desk.folder
    written = {
        folder / "data" / wanted.policy_id / f"{wanted.today}.yaml": f"policy{wanted.form}.yaml.txt",
        folder / "cases" / f"{wanted.policy_id}.yaml": f"cases{wanted.form}.yaml.txt",
    }
    for file in written:
        if file.exists() or (file.parent.name == wanted.policy_id and file.parent.exists()):
            raise SkeletonError(f"{file} is not written: there is something already. Choose another id.")
    for file, name in written.items():
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(filled(name, figures), encoding="utf-8")
    return tuple(written)


def _figures(catalogue: Catalogue, wanted: Wanted) -> dict[str, str]:
    if not _ID.fullmatch(wanted.policy_id):
        raise SkeletonError(f"'{wanted.policy_id}' is no id: write small letters, digits and hyphens, like my-drug")
    drug = drug_of(catalogue, wanted)
    code = billing_code(drug)
    unit = _UNIT.search(code.display)
    line_drugs = _set_of_lines(catalogue, wanted)
    disease = wanted.disease or disease_of(catalogue, line_drugs)
    codes(catalogue, disease, wanted)
    return {
        "id": wanted.policy_id,
        "today": wanted.today.isoformat(),
        "earlier": (wanted.today - timedelta(days=_A_YEAR)).isoformat(),
        "title": drug.name.capitalize(),
        "payer": next((one.figures.document.payer for one in catalogue.all), '"TODO: the payer"'),
        "drug": wanted.drug,
        "system": code.system.name,
        "code": code.code,
        "display": code.display.replace('"', "'"),
        "unit_mg": unit[1] if unit else "1",
        "billing": _billed(code, unit[1] if unit else ""),
        "kinds": "\n".join(_kinds()),
        **_of_sets(catalogue, wanted.drug, disease, line_drugs),
    }


def _indications(catalogue: Catalogue, wanted: Wanted, figures: Mapping[str, str]) -> dict[str, str]:
    """Return the blocks and cases of each disease of a policy for several, and what all of them pin."""
    if not wanted.further:
        return {}
    diseases = (wanted.disease, *wanted.further)
    each = [{**figures, **_of_disease(codes(catalogue, one, wanted))} for one in dict.fromkeys(diseases)]
    if len(each) < len(diseases):
        raise SkeletonError("A disease is named twice. Name each once.")
    pins = "\n".join(f"  {name}: {newest(catalogue, name)}" for name in (DRUG_TABLE, UNSPECIFIC, *diseases))
    return {
        "indications": "".join(filled("indication.yaml.txt", one) for one in each),
        "indication_cases": "".join(filled("indication-case.yaml.txt", one) for one in each),
        "pins": pins,
    }


def _of_disease(codes: CodeSet) -> dict[str, str]:
    return {
        "disease": codes.name,
        "disease_title": codes.title.replace('"', "'"),
        "disease_codes": _as_list([f'"{one.code}"' for one in codes.members if one.decides]),
    }


def _set_of_lines(catalogue: Catalogue, wanted: Wanted) -> str:
    """Return the set of the drugs of a line; empty for a policy that counts none, which must name its disease."""
    if wanted.counts_lines and wanted.further:
        raise SkeletonError("A policy for several diseases is begun without lines of therapy: say --sort general.")
    if wanted.counts_lines:
        return wanted.line_drugs or line_drugs(catalogue, wanted.drug)
    if not wanted.disease:
        raise SkeletonError("Which disease is the drug for? Name a value set of codes with --disease.")
    return ""


def _billed(code: DrugCode, unit_mg: str) -> str:
    """Return the line of a policy file for a billing code; nothing for a drug that has none."""
    if code.system.name != BILLED_BY or not unit_mg:
        return ""
    display = code.display.replace('"', "'")
    return f'  billing: {{system: {code.system.name}, code: "{code.code}", display: "{display}", unit_mg: {unit_mg}}}\n'


def _of_sets(catalogue: Catalogue, drug: str, disease: str, line_drugs: str) -> dict[str, str]:
    """Return what the forms say of the value sets: their names, versions and members."""
    hints = f"{disease}-hints" if line_drugs and newest(catalogue, f"{disease}-hints") else ""
    table = catalogue.drugs
    lines = drug_set(catalogue, line_drugs).roles if line_drugs else {}
    seen = [name for name in lines if name != drug and codes_of(table, name) and not table.by_id[name].contains]
    pins = dict.fromkeys(name for name in (DRUG_TABLE, UNSPECIFIC, disease, hints, line_drugs) if name)
    return {
        "disease": disease,
        "disease_title": codes(catalogue, disease).title.replace('"', "'"),
        "diagnosis": disease.replace("-", "_"),
        "suggests": hints or disease,
        "line_drugs": line_drugs,
        "pins": "\n".join(f"  {name}: {newest(catalogue, name)}" for name in pins),
        "disease_codes": _as_list(_deciding(catalogue, disease)),
        "suggest_codes": _as_list(_deciding(catalogue, hints)) if hints else "",
        "unspecific_codes": _as_list(_deciding(catalogue, UNSPECIFIC)),
        "drugs": _as_list(seen),
    }


def _deciding(catalogue: Catalogue, name: str) -> list[str]:
    return [f'"{one.code}"' for one in codes(catalogue, name).members if one.decides]


def _as_list(items: list[str]) -> str:
    """Write a list over as many lines as it needs, as it stands in the form of the cases."""
    lines = wrap(", ".join(items), _WIDTH, break_on_hyphens=False)
    return "[" + "\n       ".join(lines) + "]"


def _kinds() -> Iterator[str]:
    for kind in KINDS.values():
        given = "; ".join(f"{name}: {_taken(kind, name)}" for name in kind.parameters)
        yield f"#   {kind.name} ({kind.answer.value}){f' with {given}' if given else ''}"


def _taken(kind: Kind, name: str) -> str:
    words = kind.takes_words.get(name)
    taken = " or ".join(f"'{one}'" for one in words) if words else kind.parameters[name].takes
    return f"{taken}, or nothing" if name in kind.optional and not taken.endswith("or nothing") else taken
