"""Notifications to who subscribed to answers: subscriptions, sending, and the thread that does it."""
