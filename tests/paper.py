"""What a person reads on paper: a PDF, read back with poppler's programs."""

import subprocess
from pathlib import Path

from tests.tooling import programs


def read(paper: bytes, folder: Path, program: str = "pdftotext", *options: str) -> str:
    """Return what one of poppler's programs reads in a PDF."""
    programs.skip_without()
    file = folder / "report.pdf"
    file.write_bytes(paper)
    target = ["-"] if program == "pdftotext" else []
    done = subprocess.run(
        [program, *options, str(file), *target], capture_output=True, check=True, text=True
    )
    return done.stdout
