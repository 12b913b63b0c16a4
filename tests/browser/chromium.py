"""Which browser the tests drive, and how it gets here.

python -m tests.browser.chromium             # where it is
python -m tests.browser.chromium --ensure    # install it where that is allowed
"""

import os
import shutil
import sys

from tests.tooling.programs import install, required

# The shell is Chromium without a desktop's windows and their own pages: quicker by a third. Of the
# whole one, a context's closing never ended in one run of ten.
SHELL, WHOLE = "chromium-headless-shell", "chromium"  # Debian's packages have these names too
NAMES = (SHELL, WHOLE, "chromium-browser", "google-chrome")
HINT = (
    f"No Chromium found, so the browser tests can't run: install Debian's package {SHELL} or "
    f"{WHOLE} as root, or name yours in CHROMIUM."
)

# The last one stops every attempt to reach out: a page may need nothing but this machine.
LAUNCH_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


class Unavailable(Exception):
    """There is no browser; the message says in one line what to install."""


def find() -> str | None:
    """Return the path of Chromium: $CHROMIUM, else the first known name on PATH, else None.

    A CHROMIUM that names nothing to run counts as none: its author meant that one.
    """
    if chosen := os.environ.get("CHROMIUM"):
        return shutil.which(chosen)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def require() -> str:
    """Return the path of Chromium; raise Unavailable when there is none."""
    if path := find():
        return path
    raise Unavailable(HINT)


def ensure() -> int:
    """Install Chromium where that is possible; return 1 when CI has none, else 0."""
    if not os.environ.get("CHROMIUM") and not shutil.which(SHELL):
        install(SHELL)
    if find() is None:
        install(WHOLE)
    if find():
        return 0
    print(HINT, file=sys.stderr)
    return 1 if required() else 0


def main(arguments: list[str]) -> int:
    """Do what the command line asks; return the exit code."""
    if arguments == ["--ensure"]:
        return ensure()
    try:
        print(require())
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
