"""Django's SQLite, on which the threads of one process wait in turn."""
