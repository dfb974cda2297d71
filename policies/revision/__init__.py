"""A new version of a policy: its file under the new date, and its cases carried over."""
