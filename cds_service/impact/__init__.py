"""What a new version of a policy does to the members that a payer has: every chart read once and judged twice."""
