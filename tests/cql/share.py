"""How much of our drafts a client with the population logic alone gets: the answers of both, question by question."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fhir_mappings.forms.form import form_of
from fhir_mappings.questionnaires.draft_response import answered
from policies.model.criteria import RequestKind
from tests.cql.charts_to_run import Run
from tests.cql.engine import Answers

_BASE = "https://cds.example.org"


@dataclass(frozen=True, slots=True)
class Share:
    """Of the answers of drafts how many the logic gives too, by policy and question."""

    drafted: Counter[tuple[str, str]]
    said: Counter[tuple[str, str]]

    @classmethod
    def of(cls, runs: Iterable[Run], told: Answers) -> "Share":
        """Count over charts, each with what the logic answers of it."""
        drafted = [(run, name) for run in runs for name in _drafted(run)]
        said = [(run, name) for run, name in drafted if told[run.id].get(name) is not None]
        return cls(_counted(drafted), _counted(said))

    @property
    def percent(self) -> int:
        """Return the share of all answers, rounded down."""
        return 100 * self.said.total() // max(1, self.drafted.total())

    def lines(self) -> Iterator[str]:
        """Write it for people, the questions of which the logic says least first."""
        said, drafted = self.said.total(), self.drafted.total()
        yield f"The population logic gives {said} of {drafted} answers of drafts ({self.percent} %):"
        for key in sorted(self.drafted, key=lambda one: (self.said[one] - self.drafted[one], one)):
            yield f"  {' '.join(key)}: {self.said[key]} of {self.drafted[key]}"


def _counted(answers: Iterable[tuple[Run, str]]) -> Counter[tuple[str, str]]:
    return Counter((run.policy.id, name) for run, name in answers)


def _drafted(run: Run) -> Iterator[str]:
    """Yield the questions of the form for a first request that a draft answers by the chart alone."""
    form = form_of(run.policy, RequestKind.INITIAL, _BASE)
    findings = run.findings(tuple(form.questions.values()))
    yield from (name for name, fact in form.questions.items() if answered(form, fact, findings.get(name)) is not None)
