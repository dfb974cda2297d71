"""Patient cases as they stand on file: read, checked, indexed."""
