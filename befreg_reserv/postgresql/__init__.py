"""Django's PostgreSQL backend, whose pool gives out no connection that a restart has broken."""
