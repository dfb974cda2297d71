"""The request: its body unpacked and checked, its context, the resources that it asks about."""
