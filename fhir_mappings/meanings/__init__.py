"""What the words of possible evidence would mean for a fact: quoted, and confirmed by a person."""
