"""Log lines: one JSON object a line on stderr. No value of a chart, no token."""

import json
import logging
import sys
from datetime import UTC, datetime

LOG = logging.getLogger("cds_service")


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON; `extra={"fields": {...}}` brings more members."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line |= {"error": record.exc_info[0].__name__, "at": _places(record)}
        return json.dumps(line)


def _places(record: logging.LogRecord) -> list[str]:
    """Return where an error came from, file and line, without its text: that could hold a value of a chart."""
    trace = record.exc_info[2] if record.exc_info else None
    places: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_qualname}:{trace.tb_lineno}" if hasattr(code, "co_qualname") else code.co_name)
        trace = trace.tb_next
    return places[-8:]


def start() -> None:
    """Send log lines to stderr. Authlib, which writes tokens into lines for debugging, is set to leave those out."""
    logging.getLogger("authlib").setLevel(logging.WARNING)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    LOG.handlers = [handler]
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
