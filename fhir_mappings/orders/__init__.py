"""Orders: which product is asked for, by which codes, and how it is billed."""
