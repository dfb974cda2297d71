"""What the log says of a start: that it begins, and of each process when it takes connections."""

import json
from pathlib import Path

from tests.front.serving import served


def test_a_process_is_said_to_listen_once_it_takes_connections(tmp_path: Path) -> None:
    with served(tmp_path) as port:
        lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    starting, listening = (next(one for one in lines if one["message"] == said) for said in ("starting", "listening"))
    assert (starting["port"], starting["workers"]) == (port, 1)
    assert lines.index(listening) == len(lines) - 1
    assert isinstance(listening["process"], int)
