"""Sample order-sign calls of synthetic patients, each coded as another EHR would code it."""
