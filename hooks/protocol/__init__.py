"""The protocol: versions of CRD, the caller and its configuration, the payer, faults and their statuses."""
