"""Programs of the system that tests want, and how they get here.

python -m tests.tooling.programs --ensure    # install what is missing where that is allowed
"""

import os
import shutil
import subprocess
import sys

import pytest

# What reads a printed slip back, and Debian's package with it.
PACKAGES = {"zbarimg": "zbar-tools", "pdftoppm": "poppler-utils", "pdfinfo": "poppler-utils"}


def required() -> bool:
    """Tell whether a missing program is a failure (CI) and not a reason to skip (at a desk)."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def missing() -> list[str]:
    """Return the programs that aren't on PATH."""
    return [program for program in PACKAGES if not shutil.which(program)]


def hint() -> str:
    """Return in one line what to install."""
    packages = " and ".join(sorted({PACKAGES[program] for program in missing()}))
    return f"No {', '.join(missing())} found: install {packages} as root."


def install(*packages: str) -> None:
    """Install Debian's packages where that is possible: as root, with apt.

    A failure shows in apt's own words, and then in the program that is still missing.
    """
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "--quiet", "update"],
        ["apt-get", "--quiet", "install", "--yes", "--no-install-recommends", *packages],
    ):
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)


def ensure() -> int:
    """Install what is missing where that is possible; return 1 when CI lacks any, else 0."""
    if lacking := missing():
        install(*sorted({PACKAGES[program] for program in lacking}))
    if not missing():
        return 0
    print(hint(), file=sys.stderr)
    return 1 if required() else 0


def skip_without() -> None:
    """Skip the running test where a program is missing at a desk, and fail it in CI."""
    if missing():
        (pytest.fail if required() else pytest.skip)(hint())


if __name__ == "__main__":
    if sys.argv[1:] != ["--ensure"]:
        sys.exit(__doc__)
    sys.exit(ensure())
