"""Files that take long to make: their page says how far they are, and can be left."""
