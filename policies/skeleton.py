"""`policy new`: a commented policy file and a first case, to be filled in."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path as FilePath
from string import Template
from textwrap import wrap

from policies.catalogue import UNSPECIFIC, Catalogue
from policies.checks.codes import VERIFIED, codes_of
from policies.kinds.registry import KINDS
from policies.model.fact_kinds import Kind
from policies.terminology.drugs import Drug, DrugCode
from policies.terminology.registry import DRUG_TABLE
from policies.terminology.value_sets import CodeSet, DrugSet
from policies.workspace.workspace import Desk

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_UNIT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?mg\b", re.IGNORECASE)
_BILLED_BY = "HCPCS"
_A_YEAR = 365
_WIDTH = 108


class SkeletonError(ValueError):
    """The policy cannot be begun; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be begun: the policy's id, the drug, today; and the value sets, if they are named.

    A policy that `counts_lines` is one of oncology, for the drugs of a line; any other needs the disease.
    """

    policy_id: str
    drug: str
    today: date
    disease: str = ""
    line_drugs: str = ""
    counts_lines: bool = True


def begin(desk: Desk, wanted: Wanted) -> tuple[FilePath, ...]:
    """Write the two files of a new policy and return them; raises SkeletonError, and then writes nothing."""
    figures = _figures(desk.catalogue, wanted)
    form = "" if wanted.counts_lines else "-general"
    figures |= {"hints": _filled("hints.yaml.txt", figures) if figures["suggest_codes"] else ""}
    folder = desk.folder
    written = {
        folder / "data" / wanted.policy_id / f"{wanted.today}.yaml": f"policy{form}.yaml.txt",
        folder / "cases" / f"{wanted.policy_id}.yaml": f"cases{form}.yaml.txt",
    }
    for file in written:
        if file.exists() or (file.parent.name == wanted.policy_id and file.parent.exists()):
            raise SkeletonError(f"{file} is not written: there is something already. Choose another id.")
    for file, name in written.items():
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(_filled(name, figures), encoding="utf-8")
    return tuple(written)


def _filled(form: str, figures: Mapping[str, str]) -> str:
    text = files("policies").joinpath("skeletons", form).read_text(encoding="utf-8")
    return Template(text).substitute(figures)


def _figures(catalogue: Catalogue, wanted: Wanted) -> dict[str, str]:
    if not _ID.fullmatch(wanted.policy_id):
        raise SkeletonError(f"'{wanted.policy_id}' is no id: write small letters, digits and hyphens, like my-drug")
    drug = _drug(catalogue, wanted)
    code = _billing(drug)
    unit = _UNIT.search(code.display)
    line_drugs = _set_of_lines(catalogue, wanted)
    disease = wanted.disease or _disease(catalogue, line_drugs)
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


def _set_of_lines(catalogue: Catalogue, wanted: Wanted) -> str:
    """Return the set of the drugs of a line; empty for a policy that counts none, which must name its disease."""
    if wanted.counts_lines:
        return wanted.line_drugs or _line_drugs(catalogue, wanted.drug)
    if not wanted.disease:
        raise SkeletonError("Which disease is the drug for? Name a value set of codes with --disease.")
    return ""


def _billed(code: DrugCode, unit_mg: str) -> str:
    """Return the line of a policy file for a billing code; nothing for a drug that has none."""
    if code.system.name != _BILLED_BY or not unit_mg:
        return ""
    display = code.display.replace('"', "'")
    return f'  billing: {{system: {code.system.name}, code: "{code.code}", display: "{display}", unit_mg: {unit_mg}}}\n'


def _of_sets(catalogue: Catalogue, drug: str, disease: str, line_drugs: str) -> dict[str, str]:
    """Return what the forms say of the value sets: their names, versions and members."""
    hints = f"{disease}-hints" if line_drugs and _newest(catalogue, f"{disease}-hints") else ""
    table = catalogue.drugs
    lines = _drugs(catalogue, line_drugs).roles if line_drugs else {}
    seen = [name for name in lines if name != drug and codes_of(table, name) and not table.by_id[name].contains]
    pins = dict.fromkeys(name for name in (DRUG_TABLE, UNSPECIFIC, disease, hints, line_drugs) if name)
    return {
        "disease": disease,
        "disease_title": _codes(catalogue, disease).title.replace('"', "'"),
        "diagnosis": disease.replace("-", "_"),
        "suggests": hints or disease,
        "line_drugs": line_drugs,
        "pins": "\n".join(f"  {name}: {_newest(catalogue, name)}" for name in pins),
        "disease_codes": _as_list(_deciding(catalogue, disease)),
        "suggest_codes": _as_list(_deciding(catalogue, hints)) if hints else "",
        "unspecific_codes": _as_list(_deciding(catalogue, UNSPECIFIC)),
        "drugs": _as_list(seen),
    }


def _deciding(catalogue: Catalogue, name: str) -> list[str]:
    return [f'"{one.code}"' for one in _codes(catalogue, name).members if one.decides]


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


def _drug(catalogue: Catalogue, wanted: Wanted) -> Drug:
    drug = catalogue.drugs.by_id.get(wanted.drug)
    if drug is None:
        known = ", ".join(sorted(catalogue.drugs.by_id))
        raise SkeletonError(
            f"'{wanted.drug}' is not in the drug table. Add it there with its codes, or name one: {known}"
        )
    owner = catalogue.for_drug(wanted.drug)
    if owner is not None:
        owned = owner.policies[-1].id
        raise SkeletonError(
            f"'{wanted.drug}' already has the policy '{owned}'. Copy its file under a new date instead."
        )
    return drug


def _billing(drug: Drug) -> DrugCode:
    codes = [code for code in drug.codes if code.confidence == VERIFIED]
    if not codes:
        raise SkeletonError(f"'{drug.id}' has no verified code in the drug table. Add one, with its source, first.")
    return next((code for code in codes if code.system.name == _BILLED_BY), codes[0])


def _newest(catalogue: Catalogue, name: str) -> str:
    if name == DRUG_TABLE:
        return catalogue.drugs.version
    return max((version for known, version in catalogue.terminology.sets if known == name), default="")


def _codes(catalogue: Catalogue, name: str) -> CodeSet:
    found = catalogue.terminology.sets.get((name, _newest(catalogue, name)))
    if not isinstance(found, CodeSet):
        raise SkeletonError(f"'{name}' is no value set of codes. Write it first, or name another with --disease.")
    return found


def _drugs(catalogue: Catalogue, name: str) -> DrugSet:
    found = catalogue.terminology.sets.get((name, _newest(catalogue, name)))
    if not isinstance(found, DrugSet):
        raise SkeletonError(f"'{name}' is no value set of drugs. Write it first, or name another with --line-drugs.")
    return found


def _line_drugs(catalogue: Catalogue, drug: str) -> str:
    """Return the set of drugs with roles that holds the drug; raises SkeletonError if there is not just one."""
    with_roles = {
        one.name: one
        for one in catalogue.terminology.sets.values()
        if isinstance(one, DrugSet) and any(one.roles.values())
    }
    holding = [name for name, one in with_roles.items() if drug in one]
    if len(holding) == 1:
        return holding[0]
    choice = ", ".join(sorted(holding or with_roles))
    raise SkeletonError(f"Which drugs make a line of therapy beside '{drug}'? Name a set with --line-drugs: {choice}")


def _disease(catalogue: Catalogue, line_drugs: str) -> str:
    known = dict.fromkeys(one.disease for one in catalogue.all if one.figures.lines.drugs == line_drugs)
    if len(known) == 1:
        return next(iter(known))
    raise SkeletonError("Which disease is the drug for? Name a value set of codes with --disease.")
