"""Coverage information in every state, by every hook, in both versions of CRD."""
