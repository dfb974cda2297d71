"""The sheet that a sketch is drawn on."""

from dataclasses import dataclass, field

from fhir_mappings.sketches.names import SketchError
from fhir_mappings.sketches.parts import Json
from policies.testcases.casebook import Entry


@dataclass(slots=True)
class Sheet:
    """What is drawn so far, so that later lines can point to earlier ones."""

    resources: list[Json] = field(default_factory=list)
    _conditions: dict[str, Json] = field(default_factory=dict)

    def add(self, entry: Entry, drawn: list[Json]) -> None:
        """Put the resources of a line on the sheet, numbered."""
        for one in drawn:
            one["id"] = f"{one['resourceType'].lower()}-{len(self.resources) + 1}"
            self.resources.append(one)
            if entry.verb == "condition":
                self._conditions[entry.about[0]] = {"reference": f"Condition/{one['id']}"}

    def known(self, name: str) -> Json | None:
        """Return a reference to a condition that was drawn before, by its name; None if there is none."""
        return self._conditions.get(name)

    def condition(self, name: str) -> Json | None:
        """Return a reference as `known` does; None for no name, and SketchError for one that is not on the sheet."""
        if name and name not in self._conditions:
            raise SketchError(f"there is no condition '{name}' above this line")
        return self._conditions.get(name)

    def focus(self, entry: Entry) -> list[Json]:
        """Return the condition that a result is `of`, as Observation.focus."""
        found = self.condition(entry.word("of"))
        return [found] if found else []
