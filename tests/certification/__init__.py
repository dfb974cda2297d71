"""What the public certification tests of CRD 2.0.1 assert, run over our own answers."""
