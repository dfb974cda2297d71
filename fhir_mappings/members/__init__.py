"""The front door: a member's chart, an order, a version of a policy and a day in; a ruling with its findings out.

Everything here is pure and imports by name, and all that goes in or comes out pickles, so that any engine can carry it
to other processes: `policies` and their judges do not, and are read in each process from their folder.
"""

from fhir_mappings.members.judge import Ruled, drafted_order, judge
from fhir_mappings.members.member_chart import MemberChart, Record, Unread, read_chart
from fhir_mappings.members.policy_version import PolicyVersion

__all__ = [
    "MemberChart",
    "PolicyVersion",
    "Record",
    "Ruled",
    "Unread",
    "drafted_order",
    "judge",
    "read_chart",
]
