"""What the environment says: typed readings, a database, and what production refuses."""
