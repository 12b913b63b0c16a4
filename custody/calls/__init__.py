"""A call to the till, the patients it is about, and those who wait for a number."""
