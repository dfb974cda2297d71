"""The self-test: protocol checks that a tester points at any running CRD server."""
