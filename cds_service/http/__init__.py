"""Calls that leave this process, and the addresses that they go to."""
