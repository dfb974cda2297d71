"""The shape of the house, measured: how many modules and calls a signed order takes, and how its rooms are filled."""
