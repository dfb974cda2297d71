"""The hooks that we know: one module a hook (the two about encounters share one), and their prefetch."""
