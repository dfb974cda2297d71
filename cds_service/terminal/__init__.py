"""How commands speak: reports as text, and what a user can mend as a message."""
