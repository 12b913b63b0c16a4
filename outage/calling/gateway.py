"""The pages that a proxy shows in place of its own errors, as files.

They are for when nothing of ours answers, so they are made beforehand and need nothing else: no
server, no script, no style but their own. Their telephone numbers are as fresh as they are.
"""

import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from outage.calling import contacts
from outage.calling.contacts import Register

PAGES = ("paper.html", "refused.html", "gateway.css")
READABLE = 0o644  # the proxy is another user


def write(folder: Path) -> list[Path]:
    """Write each page, whole or not at all; return them. Raises OSError; a page stays then."""
    in_languages = _in_languages()
    context = {"in_languages": in_languages, "made_at": timezone.now()}
    with translation.override(in_languages[0][0]):
        texts = {name: render_to_string(f"gateway/{name}", context).lstrip() for name in PAGES}
    return [_write(folder / name, text) for name, text in texts.items()]


def _in_languages() -> list[tuple[str, Register]]:
    """Return each language with the contacts in it."""
    found = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.append((code, contacts.register()))
    return found


def _write(path: Path, text: str) -> Path:
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}-", encoding="utf-8", delete=False
    ) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(READABLE)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return path
