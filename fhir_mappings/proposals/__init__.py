"""What records of a form that may not decide would mean: proposed to a person, who says yes or no."""
