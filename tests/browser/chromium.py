"""Which browser the tests drive. Only the standard library is used; see ``tooling.wanted``."""

import os
import shutil

# The shell is Chromium without a desktop's windows and their own pages: quicker by a third. Of the
# whole one, a context's closing never ended in one run of ten.
SHELL, WHOLE = "chromium-headless-shell", "chromium"  # Debian's packages have these names too
NAMES = (SHELL, WHOLE, "chromium-browser", "google-chrome")
HINT = (
    f"No Chromium found, so the browser tests can't run: install Debian's package {SHELL} or "
    f"{WHOLE} as root, or name yours in CHROMIUM."
)

# A page of a test is soon gone: compiling its scripts for speed takes longer than it saves, most of
# all with axe, and threads to do so take more. Without them axe costs a third less.
SHORT_LIVED = "--js-flags=--no-opt --no-maglev --single-threaded"
# One process for all pages of a context, and none kept ready for another site: there is one site.
# Without these two, to open a page costs a third more.
ONE_SITE = ["--disable-site-isolation-trials", "--renderer-process-limit=1"]
# The last one stops every attempt to reach out: a page may need nothing but this machine.
LAUNCH_ARGS = [
    SHORT_LIVED,
    *ONE_SITE,
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
