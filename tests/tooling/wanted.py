"""What the tests want of the system beside Python: all of it named at once, or installed.

python -m tests.tooling.wanted             # name what is missing, in a line to paste
python -m tests.tooling.wanted --ensure    # install it where that is allowed, and name the rest

Only the standard library is used, so that this also runs before anything is installed.
"""

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys

from tests import postgres
from tests.browser import chromium

# What reads a printed slip back, what ends a test's server with its test, and what deploy/ is for.
PROGRAMS = {
    "zbarimg": "zbar-tools",
    "pdftoppm": "poppler-utils",
    "pdfinfo": "poppler-utils",
    "setpriv": "util-linux",
    "nginx": "nginx",
    "systemd-analyze": "systemd",
}
SBIN = "/usr/sbin"  # not on everybody's PATH
# Playwright brings a Node that is linked to it. Without it a test says only that the connection
# was closed.
LIBRARY, LIBRARY_PACKAGE = "libatomic.so.1", "libatomic1"
VENV, POSTGRESQL = "python3-venv", "postgresql"
APT = ("apt-get", "install", "--yes", "--no-install-recommends")


def required() -> bool:
    """Tell whether what is missing is a failure (CI) and not a reason to skip (at a desk)."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def for_programs() -> list[str]:
    """Return the missing packages of the programs."""
    return sorted({package for name, package in PROGRAMS.items() if not which(name)})


def which(name: str) -> str | None:
    """Return where a program lies, one for administrators too; None if it isn't there."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{SBIN}")


def for_browser() -> list[str]:
    """Return the missing packages of the browser tests."""
    lacking = [] if chromium.find() else [chromium.SHELL]
    return lacking if _loads(LIBRARY) else [*lacking, LIBRARY_PACKAGE]


def packages() -> list[str]:
    """Return all of Debian's packages that are missing."""
    venv = [] if importlib.util.find_spec("ensurepip") else [VENV]
    database = [] if _has_postgresql() else [POSTGRESQL]
    return sorted([*venv, *for_browser(), *for_programs(), *database])


def line(lacking: list[str]) -> str:
    """Return what to paste."""
    return f"apt-get update && {' '.join((*APT, *lacking))}  # as root, for every test"


def ensure() -> int:
    """Install what is missing as root, and name what is missing then; return 1 for that in CI."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _install(packages())
    return tell()


def tell() -> int:
    """Name what is missing; return 1 for that in CI, else 0."""
    if not (lacking := packages()):
        return 0
    print(line(lacking), file=sys.stderr)
    return 1 if required() else 0


def _install(lacking: list[str]) -> None:
    """Install the packages; a failure shows in apt's own words.

    The shell of Chromium by itself, since not every release has it, and in its place the whole.
    """
    shell = not os.environ.get("CHROMIUM") and not shutil.which(chromium.SHELL)
    others = [package for package in lacking if package != chromium.SHELL]
    if not (shell or others):
        return
    _apt("apt-get", "--quiet", "update")
    if others:
        _apt(*APT, *others)
    if shell:
        _apt(*APT, chromium.SHELL)
    if not chromium.find():
        _apt(*APT, chromium.WHOLE)


def _apt(*words: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, check=False)


def _loads(library: str) -> bool:
    """Tell whether a library is there; other systems than Linux have none of these."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return not sys.platform.startswith("linux")
    return True


def _has_postgresql() -> bool:
    """Tell whether PostgreSQL is there, or may yet come with the environment of this project."""
    if sys.prefix == sys.base_prefix:
        return True
    try:
        postgres.bindir()
    except postgres.Unavailable:
        return False
    return True


if __name__ == "__main__":
    sys.exit(ensure() if sys.argv[1:] == ["--ensure"] else tell())
