"""Commands that run at the same time, with the output of each in one piece.

    python -m tests.tooling.side_by_side "SQLite=make test-sqlite" "PostgreSQL=make test-postgres"

The first writes as it goes. What the next has written meanwhile follows when the first has ended,
and then it writes as it goes. In the end the summary of each is told once more. The exit code is 1
if one failed, and 128 + signal after a signal, which ends them all.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STOP_SECONDS = 60  # a run takes its servers down
LOOK_SECONDS = 0.1
SUMMARY = re.compile(rb"\b(passed|failed|errors?|no tests ran)\b.* in [\d.]+s")


class Command:
    """A command that writes into a file, of which some has been shown already."""

    def __init__(self, name: str, words: list[str], folder: Path) -> None:
        self.name = name
        self._file = folder / name
        self._shown = 0
        with self._file.open("wb") as output:
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )

    def show(self) -> bool:
        """Show what it has written since; tell whether it goes on."""
        goes_on = self.process.poll() is None  # asked first: nothing is written after it has ended
        with self._file.open("rb") as output:
            output.seek(self._shown)
            fresh = output.read()
        self._shown += len(fresh)
        sys.stdout.buffer.write(fresh)
        sys.stdout.buffer.flush()
        return goes_on

    @property
    def summary(self) -> str:
        """The line in which pytest says how many passed, if it came to that."""
        lines = self._file.read_bytes().splitlines()
        told = [line for line in lines if SUMMARY.search(line)] or [b"ended without a summary"]
        return f"{self.name}: {told[-1].decode(errors='replace').strip(' =')}"


def run(wanted: list[tuple[str, list[str]]]) -> int:
    """Run the commands, each with its name; return the exit code."""
    signals: list[int] = []  # noted and looked at, as in tests.postgres
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, lambda number, _frame: signals.append(number))
    if sys.stdout.isatty():
        os.environ |= {"PY_COLORS": "1", "COLUMNS": str(shutil.get_terminal_size().columns)}
    with tempfile.TemporaryDirectory(prefix="befreg-side-by-side-") as folder:
        commands = [Command(name, words, Path(folder)) for name, words in wanted]
        for command in commands:
            print(f"--- {command.name}", flush=True)
            while command.show() and not signals:
                time.sleep(LOOK_SECONDS)
        if signals:
            _end(commands, signals[0])
            return 128 + signals[0]
        print("---", *(command.summary for command in commands), sep="\n", flush=True)
    failed = [command.name for command in commands if command.process.returncode]
    if failed:
        print("Tests failed on:", *failed, file=sys.stderr)
    return 1 if failed else 0


def _end(commands: list[Command], signum: int) -> None:
    """End them and wait for that; a terminal has sent them Ctrl-C itself."""
    for command in commands:
        if signum != signal.SIGINT:
            command.process.terminate()
    for command in commands:
        try:
            command.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            command.process.kill()
            command.process.wait()
        command.show()


if __name__ == "__main__":
    pairs = [argument.partition("=") for argument in sys.argv[1:]]
    sys.exit(run([(name, shlex.split(words)) for name, _, words in pairs]))
