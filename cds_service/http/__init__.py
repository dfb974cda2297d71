"""Calls that leave this process, the addresses that they go to, and which requests are let in."""
