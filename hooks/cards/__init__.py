"""Cards: one module a CRD response type, and the frame that all cards share."""
