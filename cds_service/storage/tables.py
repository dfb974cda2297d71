"""The tables. A change here needs a migration beside it; a test holds the two against each other."""

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

from cds_service.chain import entries
from cds_service.database import metadata
from cds_service.encryption import tenant_keys
from cds_service.requests_on_file import tables as prior_auth_tables

METADATA = metadata.METADATA
CHAIN = entries.CHAIN
DATA_KEYS = tenant_keys.DATA_KEYS
PRIOR_AUTH_REQUESTS = prior_auth_tables.REQUESTS
PRIOR_AUTH_ANSWERS = prior_auth_tables.ANSWERS
PRIOR_AUTH_MEMBERS = prior_auth_tables.MEMBERS
SUBSCRIPTIONS = prior_auth_tables.SUBSCRIPTIONS
NOTICES = prior_auth_tables.NOTICES

CALLS = Table(
    "calls",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("hook", String(64), nullable=False),
    Column("hook_instance", String(64), nullable=False, index=True),
    Column("received", DateTime(timezone=True), nullable=False, index=True),
    Column("today", Date, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("reply", LargeBinary, nullable=False),
)
"""Every call that was answered: the body as it came, but without its token; what was fetched for it; and the reply."""

DETERMINATIONS = Table(
    "determinations",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("fhir_server", Text, nullable=False),
    Column("patient", String(64), nullable=False),
    Column("coverage", String(128), nullable=False),
    Column("policy", String(64), nullable=False),
    Column("request", String(16), nullable=False),
    Column("product", Text, nullable=False),
    Column("key", String(64), nullable=False),
    Column("supersedes", String(36), ForeignKey("determinations.id"), index=True),
    Column("told_again", Date),
    Column("orders", Text),
    UniqueConstraint("key"),
    Index(None, "tenant", "patient", "policy"),
)
"""One row a question: `key` is the hash of all that makes it this question and no other.

`told_again` is the last day on which its last revision was reported again, since nothing had changed, and `orders` the
orders (Type/id, a space around each) for which it was.
"""

REVISIONS = Table(
    "revisions",
    METADATA,
    Column("determination", String(36), ForeignKey("determinations.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("call", String(36), ForeignKey("calls.id"), nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("order", String(128), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("policy_version", String(10), nullable=False),
    Column("value_sets", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Column("report", Text, nullable=False),
    Column("content", String(64), nullable=False),
    Column("cause", Text, nullable=False),
    Column("texts", LargeBinary),
)
"""What was determined, each time that it changed: facts with their evidence, and the report (`revision_texts`).

All of it stands in `texts`, compressed; in older rows each has its column. Notes are keys with figures, once sentences.
"""

RESPONSES = Table(
    "responses",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("determination", String(36), ForeignKey("determinations.id"), nullable=False),
    Column("content", String(64), nullable=False),
    Column("received", DateTime(timezone=True), nullable=False, index=True),
    Column("response", LargeBinary, nullable=False),
    Column("reply", LargeBinary, nullable=False),
    UniqueConstraint("determination", "content"),
)
"""Answered forms: as they came and as they were answered, both compressed. `content` is the hash of what they say."""

FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("service", String(64), nullable=False),
    Column("card", String(128), nullable=False, index=True),
    Column("outcome", String(16), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("received", DateTime(timezone=True), nullable=False, index=True),
    Column("suggestions", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("comment", Text, nullable=False),
)
"""What became of cards. `id` is the hash of what was said, so that nothing is kept twice."""

SENT_CARDS = Table(
    "sent_cards",
    METADATA,
    Column("uuid", String(36), primary_key=True),
    Column("call", String(36), ForeignKey("calls.id"), nullable=False, index=True),
    Column("tenant", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("policy", String(64), nullable=False),
    Column("policy_version", String(10), nullable=False),
    Column("criteria", Text, nullable=False),
)
"""What each card that was sent is about; `criteria` are the ids of those that it raises, a line each."""

USED_TOKENS = Table(
    "used_tokens",
    METADATA,
    Column("use", String(64), primary_key=True),
    Column("until", DateTime(timezone=True), nullable=False, index=True),
)
"""Tokens of clients that were used, as hashes, until they expire."""

AUTHORIZATIONS = Table(
    "authorizations",
    METADATA,
    Column("number", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("fhir_server", Text, nullable=False),
    Column("patient", String(64), nullable=False),
    Column("policy", String(64), nullable=False),
    Column("request", String(16), nullable=False),
    Column("start", Date, nullable=False),
    Column("end", Date, nullable=False),
    Column("call", String(36), ForeignKey("calls.id"), nullable=False, index=True),
    Column("allowance", Text),
    Column("member", String(64), nullable=False),
    Column("superseded_by", String(32)),
    Column("indication", Text),
    Index(None, "tenant", "patient", "policy"),
    Index(None, "member", "policy"),
)
"""Prior authorizations of ours: for member, policy and disease, all doses of the policy's schedule, whoever asks.

`member` is the hash of what tells a member from every other; tenant, server, patient and request are those of the call
that it was given to. `allowance` is how much is allowed, `indication` one disease of a policy for several; empty where
not known. Two for one holder and disease never hold on one day, but for those of before: `superseded_by` names the one
that counts.
"""

SHOWN_CARDS = Table(
    "shown_cards",
    METADATA,
    Column("call", String(36), ForeignKey("calls.id"), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("fhir_server", Text, nullable=False),
    Column("patient", String(64), nullable=False),
    Column("policy", String(64), primary_key=True),
    Column("request", String(16), nullable=False),
    Column("topic", String(32), primary_key=True),
    Column("day", Date, nullable=False),
    Index(None, "tenant", "patient", "policy"),
)
"""Cards that are shown once an authorization, and the day on which they were."""

FORM_KEYS = Table(
    "form_keys",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("determination", String(36), ForeignKey("determinations.id"), index=True),
    Column("until", DateTime(timezone=True), nullable=False, index=True),
    Column("told", Text, nullable=False),
)
"""What opens the form page, as hashes, until it expires: links of cards, visits of readers, launches under way.

`told` is what goes with a key, as JSON; it holds nothing of a patient.
"""

FORM_ERRORS = Table(
    "form_errors",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("received", DateTime(timezone=True), nullable=False, index=True),
    Column("questionnaires", Text, nullable=False),
    Column("issues", Text, nullable=False),
)
"""Errors that DTR apps met with our forms. `id` is the hash of what was said, so that nothing is kept twice."""

ACCESS_TOKENS = Table(
    "access_tokens",
    METADATA,
    Column("token", String(64), primary_key=True),
    Column("client", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False, index=True),
)
"""Access tokens that were given to clients, as hashes, until they expire."""

LEASES = Table(
    "leases",
    METADATA,
    Column("task", String(32), primary_key=True),
    Column("holder", String(36), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)
"""Which process does what only one may do at a time, and until when it said that it would."""

READS = Table(
    "reads",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    Column("reader", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("name", String(64), nullable=False, index=True),
    Column("refused", Boolean, nullable=False),
)
"""Who read which determination or form, and when; `reader` is a tenant, an administrator or the command line."""

SIGN_IN_FAILURES = Table(
    "sign_in_failures",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False, index=True),
)
"""How often wrong passwords came at the reviewer's desk, by the hash of what they are counted under (`reviewers`)."""

SEALED = (DETERMINATIONS, REVISIONS, RESPONSES, AUTHORIZATIONS, PRIOR_AUTH_REQUESTS, PRIOR_AUTH_ANSWERS)
"""The tables whose rows stand in the chain."""
