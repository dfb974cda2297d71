"""`policy check`: one module a part of a policy file that can be wrong or incomplete."""
