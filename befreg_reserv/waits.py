"""How long anything waits for anything: all of it follows from one number, ANSWER_SECONDS.

A person on the telephone waits so long at most, whatever is broken behind the page. All waits of a
request together end before (``deadline``), those for a free thread included; each by itself is
shorter still, so that another can follow it.
"""

from django.core.exceptions import ImproperlyConfigured

from befreg_reserv.environment import env

# How long a person waits for an answer. 0: a command, for which nobody waits (see ``manage.py``).
ANSWER_SECONDS = env.integer("ANSWER_SECONDS", 5)
# If less, no wait for a lock has time to end; if more, a caller has hung up.
LEAST, MOST = 5, 30
if ANSWER_SECONDS and not LEAST <= ANSWER_SECONDS <= MOST:
    raise ImproperlyConfigured(f"ANSWER_SECONDS={ANSWER_SECONDS}: write {LEAST} to {MOST}.")

# Processes of the web server: one per core.
WORKERS = env.positive("WEB_CONCURRENCY", 2)
# Requests at a time in each. If more, each gets slower; if fewer, those that wait for a lock hold
# up all others.
THREADS = env.positive("WEB_THREADS", 4)
# Threads of each for sign-ins alone, and as many again for those who unlock: strangers can't take
# those of the till.
SIGN_IN_THREADS = 2

_FIFTH = (ANSWER_SECONDS or 35) / 5
# For the waits of a request together; one fifth is left to make the page that says how it ended.
REQUEST_SECONDS = 4 * _FIFTH
# A lock: a row may be waited for twice, in the queue and then for its holder.
LOCK_SECONDS = 2 * _FIFTH
# SQLite's one writer, or a free connection.
TURN_SECONDS = 3 * _FIFTH
# A new connection to one host, of several perhaps. libpq counts whole seconds.
CONNECT_SECONDS = int(2 * _FIFTH)
# Between two tries to reach a database that is away: the backend makes six, ``base.TRIES``.
RETRY_SECONDS = TURN_SECONDS / 6
# Another server that a page asks: the identity provider, once somebody presses its button.
SIGN_ON_SECONDS = 3 * _FIFTH
# The same, asked beside a person's request whether it still vouches for them.
RECHECK_SECONDS = _FIFTH
# Threads of each process for what the identity provider answers: while it hangs, nobody who signs
# in with a password waits.
SIGN_ON_THREADS = 2
# The few pages that count or search years (``long_work``) may take so long.
LONG_SECONDS = 3 * REQUEST_SECONDS
# How many of those at a time in each process: the other threads are the till's.
LONG_AT_ONCE = 1
# After how long somebody may ask again when there was too much of it.
RETRY_LONG_SECONDS = int(LONG_SECONDS)
# PostgreSQL's own end of a statement, if the application is gone and can't end it. 0: none.
STATEMENT_SECONDS = LONG_SECONDS if ANSWER_SECONDS else 0
# PostgreSQL ends a transaction that is idle for so long: its process hangs or is gone.
ABANDONED_SECONDS = LONG_SECONDS
# /ready: whoever watches wants its answer soon.
READY_SECONDS = 2 * _FIFTH * 0.9

# A database connection for each thread, for /ready, for /metrics, and one to spare.
CONNECTIONS = THREADS + 2 * SIGN_IN_THREADS + SIGN_ON_THREADS + 3

# No wait stops a worker's loop; one that stands still for longer than all of them is broken.
WORKER_SECONDS = int(LONG_SECONDS + 3 * _FIFTH)
GRACE_SECONDS = int(LONG_SECONDS)
