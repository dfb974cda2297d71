"""Every small change of a policy that some case should notice.

A change is made on the built, frozen policy or on the terminology. It is named by its place in the file.
"""

from collections.abc import Iterator

from policies.model import Policy
from policies.terminology import Terminology
from policies.workbench.change_criteria import criteria_changes
from policies.workbench.change_members import member_changes
from policies.workbench.change_tables import table_changes
from policies.workbench.moving import Change
from policies.yaml_source import Source


def changes(policy: Policy, source: Source, terminology: Terminology) -> Iterator[Change]:
    """Yield every change of a policy that the workbench tries: criteria, figures, members of value sets."""
    yield from criteria_changes(policy, source, terminology)
    yield from table_changes(policy, terminology)
    yield from member_changes(policy, terminology)
