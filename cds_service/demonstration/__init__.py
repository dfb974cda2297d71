"""The walk of an order to its number, as `make demo` shows it, over HTTP."""
