"""Django's SQLite backend, on which the threads of one process wait in turn."""
