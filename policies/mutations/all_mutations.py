"""Every small change of a policy that some case should notice.

A change is made on the built, frozen policy or on the terminology. It is named by its place in the file.
"""

from collections.abc import Iterator

from policies.model.policy import Policy
from policies.mutations.codes import member_changes
from policies.mutations.criteria import criteria_changes
from policies.mutations.mutation import Change
from policies.mutations.tables import table_changes
from policies.terminology.registry import Terminology


def changes(policy: Policy, terminology: Terminology) -> Iterator[Change]:
    """Yield every change of a policy that the workbench tries: criteria, figures, members of value sets."""
    yield from criteria_changes(policy, terminology)
    yield from table_changes(policy, terminology)
    yield from member_changes(policy, terminology)
