"""What people wrote in words: notes beside a record, narratives, and documents as pages or rich text."""
