"""How much of public sets of codes the value sets on file hold, and of the code systems of products the drug table."""

from collections import Counter
from collections.abc import Iterable, Iterator

from policies.checks.remarks import Remark, doubt, fault
from policies.terminology.drugs import Drug
from policies.terminology.references import Code, Reference
from policies.terminology.registry import Terminology
from policies.terminology.value_sets import CodeSet
from policies.workspace.workspace import Desk

_SHOWN = 5
_PRODUCTS = (("RXNORM", "RxNorm"), ("HCPCS", "HCPCS Level II"), ("NDC", "national drug codes"))


def check(desk: Desk) -> Iterator[Remark]:
    """Yield every code of a public set that is neither held nor left out for a reason, and reasons that are none."""
    for one in desk.references:
        held = _held(one, desk.catalogue.terminology)
        missing = sorted(one.codes - held - one.left_out.keys())
        if missing:
            cause = f"{len(missing)} of its codes are in none of {', '.join(one.covers)}: {_some(missing)}"
            yield doubt(one.source, ("codes",), cause, "add them to a value set, or leave them out with a reason")
        useless = sorted(code for code in one.left_out if code in held or code not in one.codes)
        if useless:
            cause = f"These codes are left out though a value set holds them, or the set does not: {_some(useless)}"
            yield fault(one.source, ("left_out",), cause, "delete them here")


def report(desk: Desk) -> Iterator[str]:
    """Yield a line for each public set, and one for each code system of products, of the drugs of the folder itself."""
    for one in desk.references:
        held = len(one.codes & _held(one, desk.catalogue.terminology))
        yield f"{one.title}: {held} of {len(one.codes)} codes of {one.made_by}{_reasons(one)}"
    drugs = desk.own_drugs
    for system, title in _PRODUCTS if drugs else ():
        without = sorted(drug.id for drug in drugs if not _has_code(drug, system))
        without_codes = f"; of none of {', '.join(without)}" if without else ""
        yield f"{title}: verified codes of {len(drugs) - len(without)} of {len(drugs)} drugs{without_codes}"


def _has_code(drug: Drug, system: str) -> bool:
    return any(code.system.name == system and code.confidence == "verified" for code in drug.codes)


def _held(one: Reference, terminology: Terminology) -> frozenset[Code]:
    """Return the verified codes of the newest versions of the value sets that a public set should be held by."""
    newest = (_newest(name, terminology) for name in one.covers)
    return frozenset((m.system.name, m.code) for found in newest if found for m in found.members if m.decides)


def _newest(name: str, terminology: Terminology) -> CodeSet | None:
    versions = (found for (known, _), found in sorted(terminology.sets.items()) if known == name)
    found = list(versions)
    return found[-1] if found and isinstance(found[-1], CodeSet) else None


def _some(codes: Iterable[Code]) -> str:
    written = [f"{system} {code}" for system, code in codes]
    more = len(written) - _SHOWN
    return ", ".join(written[:_SHOWN]) + (f", and {more} more" if more > 0 else "")


def _reasons(one: Reference) -> str:
    counted = Counter(one.left_out.values())
    return "".join(f"; {number} left out: {reason}" for reason, number in sorted(counted.items()))
