"""Errors that DTR apps met with our forms: kept once, and counted when somebody asks for the report."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

import msgspec
import orjson
from sqlalchemy import Engine, select

from cds_service.database.rows import insert_once, is_there
from cds_service.database.transactions import reading, writing
from cds_service.encryption.payloads import Place, fingerprint, opened_text, sealed_text
from cds_service.storage.tables import FORM_ERRORS


class FormIssue(msgspec.Struct, frozen=True):
    """One thing that went wrong: FHIR's severity and code, where, and in the app's words."""

    severity: str
    code: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class FormErrors:
    """What one call tells: the canonicals of forms, and what went wrong with them."""

    questionnaires: tuple[str, ...]
    issues: tuple[FormIssue, ...]

    def identity(self, tenant: str) -> str:
        """Return the hash of who said what, so that the same is kept once."""
        said = [tenant, list(self.questionnaires), msgspec.to_builtins(self.issues)]
        return sha256(orjson.dumps(said)).hexdigest()


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """How often one form met with one kind of error; `texts` are what was said of it, where and in words."""

    questionnaire: str
    severity: str
    code: str
    times: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SqlFormErrors:
    """Keeps errors of forms and reports them."""

    engine: Engine
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def keep(self, tenant: str, errors: FormErrors) -> bool:
        """Keep what a call tells, and return whether it is new."""
        plain, row = errors.identity(tenant), {"tenant": tenant, "received": self.now()}
        issues = orjson.dumps(msgspec.to_builtins(errors.issues)).decode()
        said = {"questionnaires": orjson.dumps(errors.questionnaires).decode()}
        with writing(self.engine) as connection:
            name = fingerprint(connection, tenant, plain)
            if name != plain and is_there(connection, FORM_ERRORS, plain):
                return False
            said["issues"] = sealed_text(connection, Place(FORM_ERRORS, "issues", name), tenant, issues)
            return insert_once(connection, FORM_ERRORS, row | said | {"id": name})

    def report(self) -> tuple[ErrorCount, ...]:
        """Count errors by form, severity and code; the most frequent first."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(FORM_ERRORS).order_by(FORM_ERRORS.c.received)).all()
            places = (Place(FORM_ERRORS, "issues", row.id) for row in rows)
            issues = [opened_text(connection, place, row.issues) for place, row in zip(places, rows, strict=True)]
        times: Counter[tuple[str, str, str]] = Counter()
        texts: dict[tuple[str, str, str], dict[str, None]] = {}
        for row, texts_of_row in zip(rows, issues, strict=True):
            for name in orjson.loads(row.questionnaires):
                for issue in orjson.loads(texts_of_row):
                    key = (name, issue["severity"], issue["code"])
                    times[key] += 1
                    said = ": ".join(part for part in (issue["place"], issue["text"]) if part)
                    texts.setdefault(key, {}).update({said: None} if said else {})
        return tuple(ErrorCount(*key, number, tuple(texts[key])) for key, number in times.most_common())
