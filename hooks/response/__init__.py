"""The answer to a call: the service that makes it, system actions, the explanation, figures of use."""
