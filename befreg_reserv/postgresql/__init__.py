"""Django's PostgreSQL, whose pool gives out no connection that a restart has broken."""
