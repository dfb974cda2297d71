"""HL7's own validator over resources: one Java process for all, which is started once.

Java and Maven have to be there (`tests/validation/java/pom.xml`). The guides of an edition are packages in a folder of
their own (`guides/`). `FHIR_GUIDES` names another folder of that shape, such as one that holds more guides.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.maven import class_path
from tests.validation.known import is_known
from tests.validation.sent import Sent

HERE = Path(__file__).parent
_VARYING = re.compile(r"\[[^\]]*\]|[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
"""Where an element stands, and ids: what came in may stand elsewhere in what left."""


@dataclass(frozen=True, slots=True)
class Issue:
    """An error that the validator finds: where, its key there, and its words."""

    place: str
    key: str
    message: str

    @property
    def kind(self) -> tuple[str, str]:
        """What makes two errors of what came in and of what left the same."""
        return self.key, _VARYING.sub("", self.message)


@dataclass(frozen=True, slots=True)
class Fault:
    """An error of ours: what was sent where, and what is wrong with it."""

    sent: Sent
    issue: Issue

    def __str__(self) -> str:
        kind = self.sent.resource.get("resourceType")
        return f"{self.sent.edition} {kind}: {self.issue.place}: {self.issue.message} ({self.sent.place})"


def guides() -> Path:
    """Return the folder with a folder of guides for each edition."""
    return Path(os.environ.get("FHIR_GUIDES", HERE / "guides"))


def held(edition: str) -> frozenset[str]:
    """Return the packages of the guides of an edition that are at hand, by their names without versions."""
    return frozenset(file.name.rpartition("-")[0] for file in (guides() / edition).glob("*.tgz"))


def faults(sent: Sequence[Sent]) -> list[Fault]:
    """Return the errors of what was sent that are ours: not those of what came in, nor what is known of the guides."""
    return [
        fault
        for fault in all_faults(sent)
        if not is_known(fault.issue.key, fault.issue.message, held(fault.sent.edition), fault.sent.place)
    ]


def all_faults(sent: Sequence[Sent]) -> list[Fault]:
    """Return the errors that what came in did not have; raises NotBroughtError or CalledProcessError."""
    found: list[Fault] = []
    for one, answer in zip(sent, _answers(sent), strict=True):
        came = {issue.kind for issue in _issues(answer.get("received", []))}
        found += [Fault(one, issue) for issue in _issues(answer["issues"]) if issue.kind not in came]
    return found


def _answers(sent: Sequence[Sent]) -> Iterator[dict[str, list[dict[str, str]]]]:
    editions = [f"{folder.name}={folder}" for folder in sorted(guides().iterdir()) if folder.is_dir()]
    lines = "".join(f"{one.line()}\n" for one in sent)
    java = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", class_path(HERE / "java")]
    command = [*java, str(HERE / "java" / "Validate.java"), *editions]
    done = subprocess.run(
        command, input=lines, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True
    )
    return map(json.loads, done.stdout.splitlines())


def _issues(found: list[dict[str, str]]) -> list[Issue]:
    return [Issue(one["place"], one["key"], one["message"]) for one in found]
