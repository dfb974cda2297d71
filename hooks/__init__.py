"""The CDS Hooks and CRD protocol, free of any web framework: calls in, decisions written down, replies out."""
