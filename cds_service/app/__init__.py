"""The running service put together: its settings, its parts made once, its figures of use."""
