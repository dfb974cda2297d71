"""HER2 results of tissue, as laboratories really send them: scores, words, numbers, and what the payer makes of them.

Readings 1 to 5 of the payer (docs/readings.md).
"""
