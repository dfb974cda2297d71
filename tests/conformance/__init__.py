"""What of the standards this service must do, and which tests show it."""
