"""A stored call read and judged again, with nothing fetched anew."""
