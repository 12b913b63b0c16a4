"""Check that a lock file takes packages from the public index and from nowhere else.

python -m tests.tooling.lock_sources uv.lock

A lock file made behind a company's mirror names that mirror, and nobody else can install it.
"""

import re
import sys
from pathlib import Path

INDEX = "https://pypi.org/simple"
FILES = "https://files.pythonhosted.org/packages/"
# The project itself is in the lock file as the folder it lies in.
PROJECT = 'source = { virtual = "." }'


def foreign_sources(text: str) -> list[str]:
    """Return each line number and source in the lock file's text that is not the public index."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("source = ") and line not in {
            f'source = {{ registry = "{INDEX}" }}',
            PROJECT,
        }:
            found.append(f"line {number}: {line}")
        found += [
            f"line {number}: {address}"
            for address in re.findall(r"\w+://[^\"\s]*", line)
            if address != INDEX and not address.startswith(FILES)
        ]
    return found


def main(arguments: list[str]) -> int:
    """Print what is foreign in the lock files named; return 1 when there is any."""
    found = [
        f"{name}, {source}"
        for name in arguments
        for source in foreign_sources(Path(name).read_text(encoding="utf-8"))
    ]
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
