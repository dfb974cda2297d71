"""The timeline in words: what its picture and its table both show, made once, so that they hold the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from fhir_mappings.clinical.dates import Span
from fhir_mappings.therapy.timeline import Course, Lane, Result, Timeline
from fhir_mappings.wording import Wording


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something from one day to another: the days that it covers at most, its name, its time and more in words."""

    first: date
    last: date
    name: str
    time: str
    more: str
    is_certain: bool = True
    line: int = 0

    @property
    def text(self) -> str:
        """Return all of it in one line."""
        return ": ".join(part for part in (self.name, self.time, self.more) if part)


@dataclass(frozen=True, slots=True)
class LaneWords:
    """A drug with its stretches; `undated` says how many records have no date, empty if none."""

    drug: str
    stretches: tuple[Stretch, ...]
    undated: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found on one day: every statement of that day, and the first of them for a label."""

    day: date
    time: str
    statements: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return all of it in one line."""
        return f"{self.time}: {'; '.join(self.statements)}"


@dataclass(frozen=True, slots=True)
class TimelineWords:
    """The whole in words; `advanced` and `ordered` are the days that stand out, `advanced` None without a proof."""

    bands: tuple[Stretch, ...]
    lanes: tuple[LaneWords, ...]
    findings: tuple[Finding, ...]
    ordered: Finding
    advanced: Finding | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is on record that has a date."""
        return not (self.findings or any(one.stretches for one in self.lanes))


def in_words(timeline: Timeline, say: Wording) -> TimelineWords:
    """Put a timeline into the words of a language."""
    advanced = timeline.advanced
    return TimelineWords(
        bands=tuple(
            Stretch(
                one.start.first,
                max(one.end.last, one.start.first),
                say("timeline.line", n=one.number, drugs=" + ".join(map(say.words, one.drugs))),
                _time(one.start, one.end, say),
                say.words(one.why),
                line=one.number,
            )
            for one in timeline.bands
        ),
        lanes=tuple(_lane(one, say) for one in timeline.lanes),
        findings=tuple(_findings(timeline.results, say)),
        ordered=Finding(timeline.ordered, say.day(timeline.ordered), (say("timeline.ordered"),)),
        advanced=Finding(advanced.first, say.day(advanced.written), (say("timeline.advanced"),)) if advanced else None,
    )


def _lane(lane: Lane, say: Wording) -> LaneWords:
    undated = say.count("timeline.undated", lane.undated) if lane.undated else ""
    drug = say.words(lane.drug)
    return LaneWords(drug, tuple(_stretch(drug, one, say) for one in lane.courses), undated)


def _stretch(drug: str, one: Course, say: Wording) -> Stretch:
    more = say("timeline.of_line", n=one.line) if one.line else "" if one.is_certain else say("timeline.uncertain")
    last = max(one.end.last, one.start.first)
    time = _time(one.start, one.end, say)
    if one.runs:
        time = say("timeline.since", first=say.day(one.start.written[:_DAY]))
    return Stretch(one.start.first, last, drug, time, more, one.is_certain, one.line)


def _time(start: Span, end: Span, say: Wording) -> str:
    first, last = say.day(start.written[:_DAY]), say.day(end.written[:_DAY])
    return first if first == last else say("timeline.span", first=first, last=last)


_DAY = len("2026-01-01")


def _findings(results: tuple[Result, ...], say: Wording) -> Iterator[Finding]:
    days: dict[tuple[date, str], dict[str, None]] = {}
    for one in results:
        statement = say.words(one.what)
        place = say(f"place.{one.place}") if one.place else ""
        text = f"{statement} ({place})" if place else statement
        days.setdefault((one.when.first, say.day(one.when.written[:_DAY])), {})[text] = None
    for (day, time), statements in days.items():
        yield Finding(day, time, tuple(statements))
