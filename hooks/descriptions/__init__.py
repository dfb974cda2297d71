"""The hooks that we know, each described by a frozen value: a module each, but for the two about encounters."""
