"""The dose: what an order asks for, what the policy gives, and how much an authorization allows (docs/dosing.md)."""
