"""How gunicorn serves: `make run`, the tests and production alike.

    gunicorn --config python:befreg_reserv.serving.gunicorn_conf --bind …

What is given on the command line goes before.
"""

from befreg_reserv import waits

wsgi_app = "befreg_reserv.wsgi"
# Loaded once, before the workers: no first caller waits for it.
preload_app = True
workers = waits.WORKERS
worker_class = "befreg_reserv.serving.worker.Worker"
threads = waits.THREADS
worker_connections = 400
# No connection is kept after its answer: a form never goes out on one that is just being closed.
keepalive = 0
# A worker whose loop stands still for so long is replaced. No request is ended by it: each ends by
# the waits of its own, which are shorter.
timeout = waits.WORKER_SECONDS
# So long a stopping server lets answers be finished.
graceful_timeout = waits.GRACE_SECONDS
# Two servers of one person would fight about the one path in the home folder.
control_socket_disable = True
