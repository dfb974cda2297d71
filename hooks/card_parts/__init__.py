"""What every card is made of: its frame, and coverage and evidence in a few words."""
