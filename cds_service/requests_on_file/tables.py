"""The tables of prior authorization requests and of what was answered to them. A change here needs a migration."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from cds_service.database.metadata import METADATA

REQUESTS = Table(
    "pa_requests",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("fhir_server", Text, nullable=False),
    Column("patient", String(64), nullable=False),
    Column("claim", String(64), nullable=False),
    Column("content", String(64), nullable=False),
    Column("first", String(36), nullable=False, index=True),
    Column("replaces", String(36), ForeignKey("pa_requests.id"), index=True),
    Column("kind", String(8), nullable=False),
    Column("state", String(12), nullable=False),
    Column("submitted", DateTime(timezone=True), nullable=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("expedited", Boolean, nullable=False),
    Column("last_day", Date),
    Column("members", Text, nullable=False),
    Column("providers", Text, nullable=False),
    Column("senders", Text, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("about", Text, nullable=False),
    UniqueConstraint("tenant", "content"),
    Index(None, "tenant", "claim"),
    Index(None, "state", "due"),
)
"""Requests as they came. `first` is the request that began it all, of which updates are later ones.

`claim` is the hash of the identifiers of the Claim, `content` that of the whole Bundle, under the tenant's key where
there is one. `members`, `providers` and `senders` are what an inquiry or a subscription finds it by, as hashes under
the payer's, a line each. `about` is what each item was judged by. `due` is when a person must have decided.
"""

MEMBERS = Table(
    "pa_members",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("request_id", String(36), ForeignKey("pa_requests.id"), primary_key=True, index=True),
)
"""What the requests of a member are found by: the hashes in `members` of each, a row each."""

ANSWERS = Table(
    "pa_answers",
    METADATA,
    Column("request_id", String(36), ForeignKey("pa_requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    Column("act", String(12), nullable=False),
    Column("person", String(128), nullable=False),
    Column("codes", Text, nullable=False),
    Column("items", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("reply", LargeBinary, nullable=False),
)
"""Each answer to a request, the first by the machine, later ones by persons; `person` is empty for the machine.

`codes` are the actions on its items (X12 306), in their order, parted by blanks. `items` are its decisions, `said` is
what a person found and said, `reply` the Bundle that was or would be sent.
"""

SUBSCRIPTIONS = Table(
    "pa_subscriptions",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("tenant", String(64), nullable=False, index=True),
    Column("status", String(12), nullable=False),
    Column("senders", Text, nullable=False),
    Column("events", Integer, nullable=False),
    Column("beat_seconds", Integer, nullable=False),
    Column("next_beat", DateTime(timezone=True)),
    Column("made", DateTime(timezone=True), nullable=False),
    Column("resource", LargeBinary, nullable=False),
)
"""Who is notified of answers. `senders` are the organizations, as hashes; `resource` holds address and headers."""

NOTICES = Table(
    "pa_notices",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("subscription", String(36), ForeignKey("pa_subscriptions.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("event", Integer, nullable=False),
    Column("request_id", String(36)),
    Column("number", Integer),
    Column("made", DateTime(timezone=True), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try", DateTime(timezone=True), nullable=False, index=True),
)
"""What is still to be sent; a row goes when it was taken. It names an answer, and holds nothing of it."""
