"""From plain names to codes of the terminology: a sketch can use no code that no value set and no drug holds.

A name is a plain one of the tables below, the title of a code, the code itself, or what its value set takes it to mean.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from fhir_mappings.sketches.parts import Json, coding, concept
from policies.catalogue import Catalogue
from policies.model.criteria import Fact
from policies.model.fact_kinds import Kind
from policies.model.policy import Policy
from policies.terminology.drugs import Drug, DrugCode
from policies.terminology.routes import route_words
from policies.terminology.value_sets import CodeSet, Member

SYSTEMS: Mapping[str, str] = MappingProxyType(
    {"ICD-10-CM": "ICD10CM", "ICD-10-PCS": "ICD10PCS", "RxNorm": "RXNORM", "HCPCS": "HCPCS", "NDC": "NDC"}
)
"""The code systems as cases write them; others are written alike."""

CONDITION_SETS = (
    "breast-cancer",
    "breast-cancer-hints",
    "breast-recurrence",
    "breast-secondary-neoplasms",
    "her2-statements",
    "multiple-myeloma",
    "multiple-myeloma-hints",
)
"""Where diagnoses are looked for, after the disease of the policy and before all else that the policy pins."""

PLAIN_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "breast cancer": (
            "Malignant neoplasm of unspecified site of unspecified female breast",
            "Malignant neoplasm of breast (disorder)",
        ),
        "cancer of the right breast": ("Malignant neoplasm of unspecified site of right female breast",),
        "cancer of the male breast": (
            "Malignant neoplasm of unspecified site of unspecified male breast",
            "Malignant neoplasm of male breast (disorder)",
        ),
        "history of breast cancer": ("Personal history of malignant neoplasm of breast",),
        "metastasis to the breast": (
            "Secondary malignant neoplasm of breast",
            "Secondary malignant neoplasm of female breast",
        ),
        "HER2-positive breast cancer": ("Human epidermal growth factor 2 positive carcinoma of breast (disorder)",),
        "HER2-positive status": ("Human epidermal growth factor receptor 2 positive status",),
        "local recurrence of breast cancer": ("Local recurrence of malignant tumor of breast (disorder)",),
        "multiple myeloma": ("Multiple myeloma not having achieved remission", "Multiple myeloma (disorder)"),
        "worse": ("Patient's condition worsened",),
        "progression": ("Progressive disease", "Patient's condition worsened"),
        "better": ("Patient's condition improved",),
        "stable": ("Stable disease", "Patient's condition stable"),
        "not determined": ("Patient condition undetermined",),
        "not tolerated": ("Treatment not tolerated",),
        "adjuvant": ("Adjuvant - intent",),
        "neoadjuvant": ("Neo-adjuvant - intent",),
        "palliative": ("Palliative - procedure intent",),
    }
)
"""The names that cases use for what the terminology titles otherwise, with the titles that they stand for."""


class SketchError(ValueError):
    """A line of a sketch cannot be drawn; the text says which, and why."""


class Names:
    """The value sets that one policy pins, and the newest of all others; and the drug table, by name."""

    def __init__(self, catalogue: Catalogue, policy: Policy) -> None:
        words = catalogue.terminology
        newest = dict(sorted(words.sets))
        self._sets = {name: words.sets[name, version] for name, version in {**newest, **_pins(policy)}.items()}
        self._drugs = catalogue.drugs
        self._unspecific = catalogue.unspecific
        self._policy = policy
        self._known: dict[tuple[str, ...], _Known] = {}
        own = [name for name, one in self._sets.items() if name in policy.value_sets and isinstance(one, CodeSet)]
        everywhere = dict.fromkeys((policy.disease, *CONDITION_SETS, *own))
        self.conditions = tuple(name for name in everywhere if name in self._sets)

    def of_kind(self, kind: Kind, parameter: str) -> str:
        """Return the name of the value set that the policy gives to a kind of fact, or the usual one."""
        fact = self._policy.fact_of_kind(kind)
        return str(fact.parameters[parameter]) if fact is not None else kind.usual[parameter]

    def fact(self, name: str) -> Fact | None:
        """Return a fact of the policy by its name; None if it has none of that name."""
        return self._policy.facts.get(name)

    @property
    def intents(self) -> str:
        """Return the name of the value set of coded settings that the policy reads, or the usual one."""
        return self._policy.figures.lines.intents or "treatment-intents"

    def codes(self, name: str) -> CodeSet:
        """Return a value set of codes."""
        found = self._sets[name]
        if not isinstance(found, CodeSet):
            raise SketchError(f"'{name}' is no value set of codes")
        return found

    def find(self, name: str, sets: Iterable[str], system: str = "") -> Member:
        """Find a code by its name, in the first of these value sets that has it, and in one system if one is named."""
        known = self._decisive(tuple(sets))
        fits = known.called(name)
        chosen = _of_system(system, fits)
        if chosen:
            return chosen[0]
        if fits:
            raise SketchError(f"the terminology has no code of {system} for '{name}'")
        raise SketchError(f"the terminology knows no '{name}'{_offer(name, [one.display for one in known.members])}")

    def first(self, of: str, system: str = "") -> Member:
        """Return the first verified code of a value set, of one system if one is named; raises SketchError for none."""
        chosen = _of_system(system, list(self._decisive((of,)).members))
        if not chosen:
            raise SketchError(f"'{of}' has no verified code{f' of {system}' if system else ''}")
        return chosen[0]

    def has(self, name: str, sets: Iterable[str], system: str = "") -> bool:
        """Return whether `find` finds a code; it looks for no similar name where there is none."""
        return bool(_of_system(system, self._decisive(tuple(sets)).called(name)))

    def _decisive(self, sets: tuple[str, ...]) -> "_Known":
        if sets not in self._known:
            self._known[sets] = _Known(member for one in sets for member in self.codes(one).members if member.decides)
        return self._known[sets]

    def meaning(self, means: str, of: str, system: str = "", display: str = "") -> Member:
        """Find a code of a value set by what it means there; in one system, or by its title, if these are named."""
        wanted = SYSTEMS.get(system, system)
        for one in self.codes(of).members:
            if one.means == means and one.decides and wanted in ("", one.system.name) and display in ("", one.display):
                return one
        raise SketchError(f"'{of}' has no code {f'of {system} ' if system else ''}that means '{means}'")

    def code(self, code: str, of: str) -> Member:
        """Find a code of a value set by itself; raises SketchError if it is no verified code of it."""
        found = next((one for one in self.codes(of).members if one.code == code and one.decides), None)
        if found is None:
            raise SketchError(f"'{code}' is no verified code of '{of}'")
        return found

    def drug(self, name: str, system: str = "") -> Json:
        """Return the concept of a drug: its code in a system, by default the first; a brand name gives its own code."""
        if system == "text":
            return {"text": name}
        vague = next((one for one in self._unspecific.members if one.code == name and one.decides), None)
        if vague is not None:
            return concept(vague)
        drug, named = self._named_drug(name)
        codes = [code for code in (*named, *drug.codes) if code.confidence == "verified"]
        chosen = [code for code in codes if not system or code.system.name == SYSTEMS.get(system, system)]
        if not chosen:
            raise SketchError(f"the drug table has no code of {system or 'any system'} for '{name}'")
        return {"coding": [coding(chosen[0].system.uri, chosen[0].code, chosen[0].display)]}

    def route(self, name: str) -> str:
        """Return the route that a drug is bound to, the first by name of several; empty without one."""
        wanted = name.lower()
        drugs = self._drugs.by_id.values()
        bound = next(
            (one.routes for one in drugs if wanted in (one.id, one.id.replace("-", " "), one.name.lower())), ()
        )
        return min(route_words().named(bound), default="")

    def _named_drug(self, name: str) -> tuple[Drug, tuple[DrugCode, ...]]:
        wanted = name.lower()
        for drug in self._drugs.by_id.values():
            if wanted in (drug.id, drug.id.replace("-", " "), drug.name.lower()):
                return drug, ()
        for drug in self._drugs.by_id.values():
            named = tuple(code for code in drug.codes if wanted in (code.display.lower(), code.code.lower()))
            if named:
                return drug, named
        raise SketchError(f"the drug table knows no '{name}'{_offer(name, self._drugs.by_id)}")


def _pins(policy: Policy) -> dict[str, str]:
    return {name: version for name, version in policy.value_sets.items() if name != "drugs"}


class _Known:
    """Codes of some value sets, found by their names: cases name the same ones again and again."""

    def __init__(self, members: Iterable[Member]) -> None:
        self.members = tuple(members)
        self._places: dict[str, list[int]] = {}
        for place, one in enumerate(self.members):
            for name in (f"title {one.display.lower()}", f"code {one.code}"):
                self._places.setdefault(name, []).append(place)

    def called(self, name: str) -> list[Member]:
        """Return those of a plain name, a title or a code, in their order; where there is none, those that mean it."""
        titles = {title.lower() for title in (*PLAIN_NAMES.get(name, ()), name, f"{name} (disorder)")}
        keys = (f"code {name}", *(f"title {one}" for one in titles))
        places = {place for key in keys for place in self._places.get(key, ())}
        found = [self.members[place] for place in sorted(places)]
        return found or [one for one in self.members if one.means and one.means == name]


def _of_system(system: str, members: list[Member]) -> list[Member]:
    return [one for one in members if one.system.name == SYSTEMS.get(system, system)] if system else members


def _offer(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, [*PLAIN_NAMES, *known], n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
