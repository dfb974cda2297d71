"""What EHRs really send, and what must happen: the negative matrix."""
