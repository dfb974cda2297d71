"""The folder of a policy team as its tools see it: policies, cases, where criteria stand, findings that could be."""
