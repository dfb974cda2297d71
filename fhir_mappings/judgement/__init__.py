"""One order judged by its policy: facts read, answers laid over them, the ruling, the safety statements."""
