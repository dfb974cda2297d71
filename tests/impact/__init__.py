"""Tests of what a new version of a policy does to members."""
