"""How fast the audit log page is with a million rows, on SQLite and on PostgreSQL.

    python -m tests.bench.questions.audit_log              # both, 1,000,000 rows
    python -m tests.bench.questions.audit_log --rows 50000
    python -m tests.bench.questions.audit_log --answers    # the three questions and the extract

The rows are spread as badly as a log can be: somebody who was busy and left long ago, a ward and
an act that are both common and never meet. Each page is asked for by an auditor through the test
client, once to warm up and then some times more; the median, the slowest, and this
process's own time are printed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROWS = 1_000_000


def main(arguments: list[str]) -> int:
    """Measure both databases, each in a process of its own."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.questions.audit_log", description=__doc__
    )
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--answers", action="store_true")
    options = parser.parse_args(arguments)
    asked = f"measure({options.rows}, only_answers={options.answers})"
    code = f"from tests.bench.questions.audit_questions import measure; {asked}"
    here = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    with tempfile.TemporaryDirectory(prefix="befreg-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        failed = subprocess.run(here, env={**os.environ, "DATABASE_URL": url}, check=False)
    in_cluster = [sys.executable, "-m", "tests.postgres", "--", *here]
    return failed.returncode or subprocess.run(in_cluster, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
