"""What one signed order enters: modules, functions and calls of ours, counted by Python's own profiler hook."""

import sys
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from types import CodeType, FrameType
from typing import Any

from flask.testing import FlaskClient

PACKAGES = ("policies", "fhir_mappings", "hooks", "cds_service")
SAMPLE = "01-margetuximab-everything-met.json"


@dataclass(frozen=True, slots=True)
class Entered:
    """How often each function was called, by its module and name."""

    calls: Counter[tuple[str, str]]

    @property
    def modules(self) -> frozenset[str]:
        return frozenset(module for module, _ in self.calls)

    @property
    def times(self) -> int:
        return self.calls.total()


def by_a_signed_order(client: FlaskClient) -> Entered:
    """Sign sample 01 twice, and return what the second call enters: the first one fills what is worked out once."""
    body = files("cds_service").joinpath("samples", SAMPLE).read_bytes()
    calls: Counter[tuple[str, str]] = Counter()
    names: dict[CodeType, tuple[str, str] | None] = {}

    def count(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            code = frame.f_code
            if code not in names:
                names[code] = _ours(str(frame.f_globals.get("__name__", "")), code)
            name = names[code]
            if name is not None:
                calls[name] += 1

    for _ in range(2):
        calls.clear()
        sys.setprofile(count)
        try:
            answer = client.post("/cds-services/order-sign-crd", data=body, content_type="application/json")
        finally:
            sys.setprofile(None)
        if answer.status_code != 200:
            raise AssertionError(answer.text)
    return Entered(calls)


def _ours(module: str, code: CodeType) -> tuple[str, str] | None:
    return (module, code.co_qualname) if module.partition(".")[0] in PACKAGES else None
