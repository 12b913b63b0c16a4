"""How fast single questions are answered, of the log and of an outage, with many rows."""
