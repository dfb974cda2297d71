"""The front: what stands before the workers, so that no caller waits for another. It speaks ASGI, and reads bodies."""
