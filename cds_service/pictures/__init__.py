"""Pictures that the service draws itself: what they show in words, and where each part stands."""
