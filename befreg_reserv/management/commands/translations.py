"""Keep the Swedish catalogue complete, without GNU gettext.

Sources are written in English and read by people in Swedish: a string that is forgotten, or a
placeholder that is lost, shows on a screen at night. Babel reads Python and writes catalogues;
Django itself turns its template tags into calls that Babel can read. Our own, because extractors
for Babel (enmerkar, django-babel) had their last releases in 2019 and 2017, and no tool checks
the placeholders.
"""

import re
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

LOCALE = "sv"
CATALOGUE = Path("befreg_reserv", "locale", LOCALE, "LC_MESSAGES", "django.po")
TRANSLATOR_COMMENTS = ("Translators",)
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(["_", "gettext", "gettext_lazy", "gettext_noop"]),
    **dict.fromkeys(["ngettext", "ngettext_lazy"], (1, 2)),
    **dict.fromkeys(["pgettext", "pgettext_lazy"], ((1, "c"), 2)),
    **dict.fromkeys(["npgettext", "npgettext_lazy"], ((1, "c"), 2, 3)),
}
# Written here and not by Babel, whose header carries the time: every run would be a change.
HEADER = """\
# The screens in Swedish. `make translations` keeps the list; people write the msgstr.
msgid ""
msgstr ""
"Language: sv\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
# For the compiled file, so that the same catalogue gives the same bytes.
UNDATED = datetime(2000, 1, 1, tzinfo=UTC)

NAMED = re.compile(r"%\([^)]*\)[-#0+]*\d*(?:\.\d+)?[a-zA-Z]|\{\w[^{}]*\}")
# No blank among the flags: "50 % av" holds no placeholder.
POSITIONAL = re.compile(r"%[-#0+]*(?:\d+|\*)?(?:\.\d+)?[diouxXeEfFgGcrsa]|\{\}")
LITERAL = re.compile(r"%%|\{\{|\}\}")


class Command(BaseCommand):
    help = "Collect, compile or check the Swedish translations."
    requires_system_checks: list[str] = []  # must run before the catalogue is compiled

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--update",
            action="store_true",
            help="bring the catalogue in step with the sources; keeps translations, drops unused",
        )
        parser.add_argument(
            "--compile", action="store_true", help="write the django.mo that Django reads"
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="exit 1 and name every string that is missing, unused, untranslated or wrong",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["update"] or options["compile"] or options["check"]):
            raise CommandError("Say what to do: --update, --compile or --check.")
        root = Path(settings.BASE_DIR)
        if options["update"]:
            update(root)
        if options["compile"]:
            _compiled_path(root).write_bytes(compiled(read_catalogue(root)))
        if options["check"] and (found := problems(root)):
            raise CommandError("\n".join(found))


def update(root: Path) -> None:
    """Bring the catalogue under ``root`` in step with the sources there.

    Translations that are still wanted stay, the rest go, and new strings come in untranslated.
    The file is left alone when nothing changes.
    """
    catalogue = read_catalogue(root)
    catalogue.update(collect(root), no_fuzzy_matching=True)
    buffer = BytesIO()
    write_po(
        buffer,
        catalogue,
        width=100,
        omit_header=True,
        sort_output=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    text = f"{HEADER}{buffer.getvalue().decode().rstrip()}\n".encode()
    path = root / CATALOGUE
    if not path.exists() or path.read_bytes() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)


def problems(root: Path) -> list[str]:
    """Return one line for each fault of the catalogue under ``root``; none means complete."""
    wanted, have = collect(root), read_catalogue(root)
    found = [
        f"{fault}: {_shown(message)}"
        for message in _messages(wanted)
        for fault in _faults(message, have.get(message.id, message.context))
    ]
    found += [
        f"obsolete: {_shown(message)}"
        for message in [*_messages(have), *have.obsolete.values()]
        if wanted.get(message.id, message.context) is None
    ]
    path = _compiled_path(root)
    if not path.exists() or path.read_bytes() != compiled(have):
        found.append(f"stale: {path.relative_to(root)} (make translations)")
    return found


def collect(root: Path) -> Catalog:
    """Return every string that the sources under ``root`` ask to have translated.

    Raises CommandError for a template that Django can't read.
    """
    catalogue = Catalog(locale=LOCALE)
    for path in _sources(root):
        for _line, text, comments, context in _strings(path):
            place = (path.relative_to(root).as_posix(), 0)
            catalogue.add(text, locations=[place], auto_comments=comments, context=context)
    return catalogue


def read_catalogue(root: Path) -> Catalog:
    """Return the translations under ``root``, an empty catalogue when there are none yet."""
    path = root / CATALOGUE
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=LOCALE, domain="django", abort_invalid=True)
    except FileNotFoundError:
        catalogue = Catalog(locale=LOCALE, domain="django")
    except PoFileError as error:
        raise CommandError(f"{path}: {error}") from error
    catalogue.creation_date = catalogue.revision_date = UNDATED
    return catalogue


def compiled(catalogue: Catalog) -> bytes:
    """Return the contents of django.mo. Fuzzy translations stay out, as with GNU gettext."""
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def _compiled_path(root: Path) -> Path:
    return (root / CATALOGUE).with_suffix(".mo")


def _sources(root: Path) -> Iterator[Path]:
    """Yield the Python files of every package but the tests, and the templates, in order."""
    packages = sorted(path.parent for path in root.glob("*/__init__.py"))
    for package in packages:
        if package.name != "tests":
            # Migrations hold copies of strings that the models carry.
            yield from (p for p in sorted(package.rglob("*.py")) if "migrations" not in p.parts)
    templates = (root / "templates").rglob("*")
    yield from sorted(path for path in templates if path.suffix in {".html", ".txt"})


def _strings(path: Path) -> Iterator[tuple[int, Any, list[str], str | None]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        try:
            text = templatize(text, origin=str(path))
        except SyntaxError as error:
            raise CommandError(str(error)) from error
        # Python's tokenizer refuses the page's indentation, which templatize keeps.
        text = "\n".join(line.lstrip() for line in text.splitlines())
    return extract("python", BytesIO(text.encode()), KEYWORDS, TRANSLATOR_COMMENTS)


def _messages(catalogue: Catalog) -> Iterable[Message]:
    return (message for message in catalogue if message.id)


def _shown(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    context = f" (context {message.context!r})" if message.context else ""
    files = sorted({name for name, _line in message.locations})
    return f"{text!r}{context}" + (f" in {', '.join(files)}" if files else "")


def _faults(wanted: Message, have: Message | None) -> Iterator[str]:
    """Yield what is wrong with the translation of one wanted string."""
    if have is None or have.id != wanted.id:
        yield "missing"
        return
    forms = [have.string] if isinstance(have.string, str) else list(have.string or [""])
    if have.fuzzy:
        yield "fuzzy"
    if not all(forms):
        yield "untranslated"
    elif not _same_placeholders(wanted, forms):
        yield "placeholders differ"


def _same_placeholders(wanted: Message, forms: list[str]) -> bool:
    if isinstance(wanted.id, str):
        return all(_placeholders(form) == _placeholders(wanted.id) for form in forms)
    singular, plural = (_placeholders(text) for text in wanted.id)
    # "One number" may leave the count out, in either language; all other forms may not.
    one, *others = (_placeholders(form) for form in forms)
    return one in (singular, plural) and all(other == plural for other in others)


def _placeholders(text: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the named ones, which may repeat, and the others, whose number and order count."""
    bare = LITERAL.sub("", text)
    return frozenset(NAMED.findall(bare)), tuple(POSITIONAL.findall(bare))
