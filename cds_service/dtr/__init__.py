"""The payer's side of DTR: forms as packages, filled in with what is known."""
