"""Django's PostgreSQL backend, whose waits end with the request's time.

Its pool gives out no connection that a restart has broken.
"""
