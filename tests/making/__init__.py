"""Files that take long to make."""
