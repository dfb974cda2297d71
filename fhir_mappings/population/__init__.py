"""What the kinds of fact write their population logic with: phrases of CQL, statuses, and the mapping asked."""
