"""The kinds of fact: the closed list of what a policy can ask a chart, one record each.

A module ends in its `RECORDS`; `registry` collects them.
"""
