"""Fail if a package of the lock file has a known vulnerability; say so if nobody can be asked.

python -m tests.tooling.packages.advisories COMMAND…

The command is uv, which asks OSV (https://osv.dev) for each package. Where that can't be reached,
as in a hospital's network, a line says so, and that is no failure.
"""

import os
import subprocess
import sys

AUDIT = ("audit", "--quiet", "--frozen", "--preview-features", "audit-command")
# One try, and ten seconds for each connection: nobody waits for what can't be reached.
QUICKLY = {"UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "10"}
SOUND, VULNERABLE = 0, 1
UNREACHED = "Vulnerabilities were not looked for: the advisories can't be reached"


def audit(uv: list[str], *more: str) -> int:
    """Run it, and return 1 for a known vulnerability, which it names, else 0."""
    ran = subprocess.run(
        [*uv, *AUDIT, *more],
        env=os.environ | QUICKLY,
        check=False,
        capture_output=True,
        text=True,
    )
    if ran.returncode not in {SOUND, VULNERABLE}:
        errors = [line for line in ran.stderr.splitlines() if line.startswith("error")]
        print(f"{UNREACHED} ({' '.join(errors) or ran.returncode}).")
        return 0
    print(ran.stdout or "No package has a known vulnerability.")
    return ran.returncode


if __name__ == "__main__":
    sys.exit(audit(sys.argv[1:]))
