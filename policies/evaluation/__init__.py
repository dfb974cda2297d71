"""The evaluation: findings held against criteria give a ruling and the open questions."""
