"""The page of a policy in words of the reader's language: tests, groups, bounds, doses and statements on safety.

What the payer says stands in the policy file. Where a language has no words of the payer for it, it stays as it is, and
`Own` says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_mappings.wording import Wording
from policies.model.criteria import Comparison, Fact, Group, Leaf, Node, Operator, RequestKind
from policies.model.dosing import Bill, Dosing
from policies.model.figures import Bounds
from policies.model.safety import SafetyNote
from policies.terminology.units import figure_in_words

_ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Own:
    """Words of the payer, and the language in which they stand here."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class PolicyWords:
    """Puts parts of a policy into words."""

    say: Wording

    def own(self, text: object) -> Own:
        """Return words of the payer: in the language of the page where it has them, else as the policy has them."""
        found = self.say.payer.get(str(text))
        return Own(str(text), _ENGLISH) if found is None else Own(found, self.say.language)

    def title(self, kind: RequestKind) -> str:
        """Return what a kind of request is called."""
        return self.say(f"policy.request.{kind.value}")

    def joins(self, node: Node) -> str:
        """Return how the parts of a group join; empty for a test of a fact."""
        if not isinstance(node, Group):
            return ""
        if node.operator is Operator.AT_LEAST_OF:
            return self.say("policy.at_least_of", needed=node.needed)
        return self.say(f"policy.joins.{node.operator.value}")

    def tested(self, node: Node, fact: Fact | None) -> str:
        """Return what is asked for of a fact, and the figure; empty for a group."""
        if not isinstance(node, Leaf) or fact is None:
            return ""
        return f"{self.own(fact.what).text}: {self._figure(node, fact.unit)}"

    def _figure(self, leaf: Leaf, unit: str) -> str:
        if isinstance(leaf.operand, bool):
            return self.say("policy.yes" if leaf.operand else "policy.no")
        operands = leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,)
        if leaf.comparison is Comparison.ONE_OF:
            return self.say("policy.one_of", options=", ".join(self.own(one).text for one in operands))
        shown = [figure_in_words(one, unit) for one in operands]
        if leaf.comparison is Comparison.BETWEEN:
            return self.say("policy.between", low=shown[0], high=shown[1])
        if leaf.comparison in _MEASURED:
            return self.say(f"policy.figure.{leaf.comparison.value}", figure=shown[0])
        return self.own(shown[0]).text

    def place(self, section: str, place: str) -> str:
        """Return where a criterion stands in the payer's document; `place` is that in English."""
        return self.own(place).text if place == section else self.say("policy.section", section=section)

    def bounds(self, bounds: Bounds) -> str:
        """Return bounds: 4.0 or more and below 6.0."""
        low = [self.say("policy.figure.at_least", figure=bounds.at_least)] if bounds.at_least is not None else []
        high = [self.say("policy.bounded", figure=bounds.below)] if bounds.below is not None else []
        return self.say("policy.and").join((*low, *high))

    def dosing(self, dosing: Dosing) -> Iterator[Own]:
        """Yield the figures beside the dose table: tolerance, weight, vials, what is billed, and the note."""
        say, weight, percent = self.say, dosing.weight, dosing.tolerance_percent
        said = [say("policy.tolerated", percent=percent) if percent else say("policy.not_tolerated")]
        if weight is not None:
            said.append(say("policy.weight", days=weight.within_days))
            said.append(say("policy.weight_agree", percent=weight.agree_percent))
            said.append(say("policy.weight_slip", percent=weight.slip_percent))
        said.append(say("policy.vials", sizes=", ".join(f"{size} mg" for size in dosing.vial_mg)))
        said.append(say("policy.billed_dose" if dosing.bill is Bill.DOSE else "policy.billed_vials"))
        yield from (Own(one, say.language) for one in said)
        yield self.own(dosing.note)

    def safety(self, note: SafetyNote) -> tuple[str, Own, str]:
        """Return a statement on safety in three parts: what it is and where, the statement, what is shown beside it."""
        kind = self.say(f"policy.safety.{note.kind.value}")
        head = kind if note.section.lower() == note.kind.value else f"{kind} ({note.section})"
        if not note.tests:
            return head, self.own(note.says), ""
        key = "policy.shown_women" if note.women_below is not None else "policy.shown"
        figures = {"women": note.women_below} if note.women_below is not None else {}
        return head, self.own(note.says), self.say(key, tests=note.tests, **figures)


_MEASURED = frozenset({Comparison.AT_LEAST, Comparison.AT_MOST, Comparison.ABOVE, Comparison.BELOW})
