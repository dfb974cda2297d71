"""What a new policy names of what is on file; what is not there is said with the file that is to be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from importlib.resources import files
from string import Template

from policies.catalogue import Catalogue
from policies.checks.codes import VERIFIED
from policies.terminology.drugs import Drug, DrugCode
from policies.terminology.registry import DRUG_TABLE
from policies.terminology.value_sets import CodeSet, DrugSet

BILLED_BY = "HCPCS"


class SkeletonError(ValueError):
    """The policy cannot be begun; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be begun: the policy's id, the drug, today; and the value sets, if they are named.

    A policy that `counts_lines` is one of oncology, for the drugs of a line; any other needs the disease. Are there
    `further` diseases, each is an indication of the policy.
    """

    policy_id: str
    drug: str
    today: date
    disease: str = ""
    line_drugs: str = ""
    counts_lines: bool = True
    further: tuple[str, ...] = ()

    @property
    def form(self) -> str:
        """Return what the names of the forms of its files end with."""
        if self.further:
            return "-several"
        return "" if self.counts_lines else "-general"


def filled(form: str, figures: Mapping[str, str]) -> str:
    """Return a form of the folder `skeletons` with its figures filled in."""
    text = files("policies").joinpath("skeletons", form).read_text(encoding="utf-8")
    return Template(text).substitute(figures)


def drug_of(catalogue: Catalogue, wanted: Wanted) -> Drug:
    """Return the drug that is wanted; raises SkeletonError if it is not in the table, or has a policy already."""
    drug = catalogue.drugs.by_id.get(wanted.drug)
    if drug is None:
        close = get_close_matches(wanted.drug, catalogue.drugs.by_id, n=1)
        offered = f"Did you mean '{close[0]}'? Else add it" if close else "Add it"
        day = max(wanted.today, date.fromisoformat(catalogue.drugs.version) + timedelta(days=1))
        figures = {"drug": wanted.drug, "today": day.isoformat(), "beside": catalogue.drugs.version}
        raise SkeletonError(
            f"'{wanted.drug}' is not in the drug table. {offered} in value_sets/{DRUG_TABLE}.{day}.yaml:\n\n"
            + filled("drugs.yaml.txt", figures)
        )
    for owner in catalogue.for_drug(wanted.drug):
        owned = owner.policies[-1].id
        raise SkeletonError(
            f"'{wanted.drug}' already has the policy '{owned}'. Copy its file under a new date instead; "
            "or, for another line of business, under a new id, and name the lines of both under 'holds_for'."
        )
    return drug


def billing_code(drug: Drug) -> DrugCode:
    """Return the verified code to bill a drug by, else its first one; raises SkeletonError if it has none."""
    codes = [code for code in drug.codes if code.confidence == VERIFIED]
    if not codes:
        raise SkeletonError(f"'{drug.id}' has no verified code in the drug table. Add one, with its source, first.")
    return next((code for code in codes if code.system.name == BILLED_BY), codes[0])


def newest(catalogue: Catalogue, name: str) -> str:
    """Return the newest version of a value set or of the drug table; empty if there is none of the name."""
    if name == DRUG_TABLE:
        return catalogue.drugs.version
    return max((version for known, version in catalogue.terminology.sets if known == name), default="")


def codes(catalogue: Catalogue, name: str, wanted: Wanted | None = None) -> CodeSet:
    """Return the newest value set of codes of a name; raises SkeletonError, with the file to write if it is wanted."""
    found = catalogue.terminology.sets.get((name, newest(catalogue, name)))
    if isinstance(found, CodeSet):
        return found
    cause = f"'{name}' is no value set of codes. Write it first, or name another with --disease."
    if wanted is not None:
        form = filled("value-set.yaml.txt", {"disease": name, "today": wanted.today.isoformat()})
        cause += f" Write it as value_sets/{name}.{wanted.today}.yaml:\n\n{form}"
    raise SkeletonError(cause)


def drug_set(catalogue: Catalogue, name: str) -> DrugSet:
    """Return the newest value set of drugs of a name; raises SkeletonError if there is none."""
    found = catalogue.terminology.sets.get((name, newest(catalogue, name)))
    if not isinstance(found, DrugSet):
        raise SkeletonError(f"'{name}' is no value set of drugs. Write it first, or name another with --line-drugs.")
    return found


def line_drugs(catalogue: Catalogue, drug: str) -> str:
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
    raise SkeletonError(
        f"Which drugs make a line of therapy beside '{drug}'? Name a set with --line-drugs: {choice}; "
        "or say --sort general, if none are counted"
    )


def disease_of(catalogue: Catalogue, line_drugs: str) -> str:
    """Return the disease of the policies with these drugs of a line; raises SkeletonError if there is not just one."""
    known = dict.fromkeys(one.disease for one in catalogue.all if one.figures.lines.drugs == line_drugs)
    if len(known) == 1:
        return next(iter(known))
    raise SkeletonError("Which disease is the drug for? Name a value set of codes with --disease.")
