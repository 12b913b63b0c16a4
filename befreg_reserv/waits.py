"""How long anything waits for anything, in one place, and for how many at a time.

A person on the telephone waits five seconds at most, whatever is broken behind the page. Commands
have the time of whoever runs them: see ``manage.py``.
"""

from befreg_reserv import env

# Processes of the web server: one per core.
WORKERS = env.positive("WEB_CONCURRENCY", 2)
# Requests at a time in each. More, and each gets slower; fewer, and a held lock stops the others.
THREADS = env.positive("WEB_THREADS", 4)

# Seconds for a lock, for SQLite's one writer, for a free connection and for a new one, each.
DATABASE_SECONDS = env.positive("DATABASE_WAIT_SECONDS", 3)
# Seconds for one statement on PostgreSQL; 0 is no limit. Reports and the log's searches need some.
STATEMENT_SECONDS = env.integer("DATABASE_STATEMENT_SECONDS", 15)
# Seconds for a transaction in which nothing happens: its process has hung, or is gone.
ABANDONED_SECONDS = max(10, 3 * DATABASE_SECONDS)

# A database connection for each thread, for /ready, and one to spare.
CONNECTIONS = THREADS + 2

# A worker's loop stands still for none of these; one that does for longer than their sum is ill.
WORKER_SECONDS = 3 * DATABASE_SECONDS + STATEMENT_SECONDS + 6
GRACE_SECONDS = 3 * DATABASE_SECONDS + 1
