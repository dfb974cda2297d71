"""What the EHR holds and the call lacks: the gaps, the port that fetches them, the chart put together."""
