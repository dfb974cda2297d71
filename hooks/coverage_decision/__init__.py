"""From ruling to coverage information: the table, the billing code, the reasons in words."""
