"""What the two kinds of database differ in: connections, transactions, locks, and rows that there can be once."""
