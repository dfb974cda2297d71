"""Which records of a chart are evidence at the order's date, and what is wrong with those that are not."""
