"""How long an outage's pages take with 5,000 handouts, on SQLite and on PostgreSQL.

    python -m tests.bench.questions.outage_pages                  # both, 5,000 handouts of 80 wards
    python -m tests.bench.questions.outage_pages --handouts 500

Each page is asked for through the test client, once to warm up and then some times more; the
median and the slowest are printed, and how much came.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HANDOUTS = 5_000


def main(arguments: list[str]) -> int:
    """Measure both databases, each in a process of its own."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.questions.outage_pages", description=__doc__
    )
    parser.add_argument("--handouts", type=int, default=HANDOUTS)
    options = parser.parse_args(arguments)
    code = f"from tests.bench.questions.outage_answers import measure; measure({options.handouts})"
    here = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    with tempfile.TemporaryDirectory(prefix="befreg-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        failed = subprocess.run(here, env={**os.environ, "DATABASE_URL": url}, check=False)
    in_cluster = [sys.executable, "-m", "tests.postgres", "--", *here]
    return failed.returncode or subprocess.run(in_cluster, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
