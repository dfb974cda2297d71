"""Policy cases run: a case's patient drawn, judged, and held against what the case expects."""
