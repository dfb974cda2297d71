"""The page on which a form is answered: who may see it, what it shows, and what becomes of the answers."""
