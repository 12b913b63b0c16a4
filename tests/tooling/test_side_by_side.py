"""Two runs at the same time: what each writes stays in one piece, and a signal ends both."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ground.patience import until

RUN = [sys.executable, "-m", "tests.tooling.side_by_side"]
ROOT = Path(__file__).parents[2]


def test_each_output_comes_in_one_piece_and_its_summary_once_more() -> None:
    first = "one=sh -c 'echo a; sleep 0.2; echo 7 passed, 1 skipped in 2.5s; echo made'"
    made = subprocess.run(
        [*RUN, first, "two=sh -c 'echo b >&2; exit 3'"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    summaries = ["---", "one: 7 passed, 1 skipped in 2.5s", "two: ended without a summary"]
    assert made.stdout.splitlines() == [
        *("--- one", "a", "7 passed, 1 skipped in 2.5s", "made"),
        *("--- two", "b", *summaries),
    ]
    assert (made.returncode, made.stderr) == (1, "Tests failed on: two\n")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_both(tmp_path: Path, signum: signal.Signals) -> None:
    commands = [f"{name}=sh -c 'echo $$ >{tmp_path}/{name}; exec sleep 60'" for name in "ab"]
    with subprocess.Popen([*RUN, *commands], cwd=ROOT, start_new_session=True) as running:
        files = [tmp_path / name for name in "ab"]
        until(lambda: all(file.exists() and file.read_text() for file in files))
        pids = [file.read_text() for file in files]
        if signum == signal.SIGINT:  # a terminal sends it to all
            os.killpg(running.pid, signum)
        else:
            running.send_signal(signum)
        assert running.wait() == 128 + signum
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)
