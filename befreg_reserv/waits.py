"""How long the application waits, and for how many at a time, in one place.

A person on the telephone waits five seconds at most, whatever is broken behind the page. Commands
wait longer: see ``manage.py``.
"""

from befreg_reserv import env

# Processes of the web server: one per core.
WORKERS = env.positive("WEB_CONCURRENCY", 2)
# Requests at a time in each. If more, each gets slower; if fewer, those that wait for a lock hold
# up all others.
THREADS = env.positive("WEB_THREADS", 4)

# Seconds to wait for each of these: a lock, SQLite's one writer, a free connection, a new one.
DATABASE_SECONDS = env.positive("DATABASE_WAIT_SECONDS", 3)
# Seconds for one statement on PostgreSQL; 0 means no limit. Reports and log searches need several.
STATEMENT_SECONDS = env.integer("DATABASE_STATEMENT_SECONDS", 15)
# Seconds after which an idle transaction is ended: its process hangs or is gone.
ABANDONED_SECONDS = max(10, 3 * DATABASE_SECONDS)

# A database connection for each thread, for /ready, for /metrics, and one to spare.
CONNECTIONS = THREADS + 3

# No wait stops a worker's loop; one that stands still for longer than their sum is broken.
WORKER_SECONDS = 3 * DATABASE_SECONDS + STATEMENT_SECONDS + 6
GRACE_SECONDS = 3 * DATABASE_SECONDS + 1
