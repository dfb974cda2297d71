"""The model: policies, kinds of fact, findings, determinations, three-valued truth."""
