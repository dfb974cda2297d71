"""What is kept of a call: determinations and their keys, the call itself, the cards that were sent."""
