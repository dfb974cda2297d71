"""The hooks that we know: a module each (the two about encounters share one), each described by a frozen value."""
