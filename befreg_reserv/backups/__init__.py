"""Backups of the database: taken, thinned, put back, and moved from SQLite to PostgreSQL."""
