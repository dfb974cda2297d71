"""How long a decision takes, as ratios to what nobody can avoid, measured in one run (`make bench`)."""
