"""Text that people type: cleaned rather than refused."""

import re
import unicodedata
from hashlib import sha256
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.free_text import person_in_text

# Cc control, Cf invisible formatting (bidi marks, zero width), Cs surrogates, Co private use.
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
KEY_LENGTH = 400
REASON_LENGTH = 500
# Joins two emoji to one. Anywhere else it would make another name of one that looks the same.
_JOINER = "\u200d"
_STRAY_JOINER = re.compile(r"(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d")


def clean_line(text: str) -> str:
    """Return ``text`` on one line, in NFC, without invisible characters, blanks folded.

    They are dropped, because an emergency can't be refused for a stray character in a paste.
    """
    plain = unicodedata.normalize("NFC", text)
    if plain.isprintable():  # nearly all: no character of it is looked at
        return " ".join(plain.split())
    spaced = "".join(" " if char.isspace() else char for char in text)
    joined = _STRAY_JOINER.sub("", unicodedata.normalize("NFC", spaced))
    visible = (
        char for char in joined if char == _JOINER or unicodedata.category(char) not in INVISIBLE
    )
    return " ".join("".join(visible).split())


def sort_key(text: str) -> str:
    """Return the key that sorts and compares names as Swedish does: å, ä and ö last, case ignored.

    Digits sort by the number that they form: 2 before 12. Stored beside the name, since neither
    SQLite nor a C-locale PostgreSQL knows Swedish. Its characters sort alike under every
    collation. Cut at KEY_LENGTH, which only a name with hardly anything but å, ä and ö reaches.
    """
    folded = unicodedata.normalize("NFC", clean_line(text).casefold())
    # Digits first: the keys of the letters contain digits.
    key = _DIGITS.sub(_in_number_order, folded)
    key = key.translate({ord("å"): "zzz1", ord("ä"): "zzz2", ord("ö"): "zzz3"})
    return key[:KEY_LENGTH]


_DIGITS = re.compile("[0-9]+")


def _in_number_order(digits: re.Match[str]) -> str:
    """Return a number with the count of its digits before it: 012 for 2, and 0212 for 12.

    Leading zeros are moved behind it: 0120 for 02, which sorts just after 2.
    """
    number = digits[0].lstrip("0")
    zeros = "0" * (len(digits[0]) - len(number))
    return f"{min(len(number), 99):02}{number}{zeros}"


# Letters without an accent to remove, and what people type for them.
PLAIN_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "đ": "d", "ł": "l"})


def fold(text: str) -> str:
    """Return what a search compares: lower case and without accents, so "ogon" is in "Ögon"."""
    # Decomposed before the case is folded as well, or "™" would stay in capitals.
    apart = unicodedata.normalize("NFKD", clean_line(text)).casefold()
    bare = unicodedata.normalize("NFKD", apart).translate(PLAIN_LETTERS)
    return "".join(char for char in bare if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """Return the folded words of ``text``, without punctuation: runs of letters, runs of digits.

    So "avd136" has the words of "Avd 136".
    """
    return re.findall(r"[^\W\d_]+|\d+", fold(text))


# A telephone number as people write it; "(0)" after a country's number isn't dialled.
_TELEPHONE = re.compile(r"[+*#]?[0-9](?:[0-9*#().\u2010-\u2014 -]*[0-9])?")
_NOT_DIALLED = re.compile(r"[^0-9+*#]")
_ABROAD, _NATIONAL, _EXTENSION = range(7, 18), range(2, 12), range(3, 8)


def dialled(text: str) -> str:
    """Return what a telephone dials for a number that somebody typed; "" if that is uncertain.

    Spaces, hyphens and words beside it are fine: "ankn 2102", "033-616 21 02 (Anna)". Uncertain is
    a text with two numbers in it, or with digits that aren't an extension, a national number (0 …)
    or one with its country (+ or 00): a link that calls somebody else is worse than none.
    """
    found = _TELEPHONE.findall(text)
    if len(found) != 1:
        return ""
    plain = found[0].replace("(0)", "") if found[0].startswith("+") else found[0]
    number = _NOT_DIALLED.sub("", plain)
    beside = re.search(r"[^\W_]", text.replace(found[0], "", 1))
    if number.startswith(("+", "00")):
        fits = _ABROAD
    elif number.startswith("0"):
        fits = _NATIONAL
    else:  # three digits beside a word may well be a room
        fits = range(4, _EXTENSION.stop) if beside else _EXTENSION
    return number if sum(map(str.isdigit, number)) in fits else ""


class LineField(forms.CharField):
    """One line of text; invisible characters are dropped before the length is checked."""

    def to_python(self, value: Any) -> str:
        """Return the cleaned text."""
        return clean_line(super().to_python(value) or "")


PERSON = "person"  # the code of what is pointed out


class FreeBoundField(BoundField):
    """Free text in its form: what was pointed out of it, and how it is kept all the same."""

    @property
    def kept_under(self) -> str:
        """The name of the field that says which text is to be kept as it is."""
        return f"{self.html_name}-kept"

    @property
    def as_kept(self) -> str:
        """The value of that field, for the text that was sent."""
        return _mark(str(self.field.to_python(self.data)))

    @property
    def keeps(self) -> SafeString | str:
        """The button that keeps a text which was pointed out, for below what is said of it."""
        if not any(error.code == PERSON for error in self.errors.as_data()):
            return ""
        return format_html(
            '<input type="hidden" name="{}" value="{}">'
            '<button type="submit" class="ds-button" data-variant="secondary">{}</button>',
            self.kept_under,
            self.as_kept,
            _("Keep it as it is"),
        )


class FreeTextField(LineField):
    """What somebody writes in their own words. It should say nothing of who a patient is.

    What looks like a person's number or name is pointed out before it is kept: once, since the same
    text is kept when it is sent again. ``urgent``: it is kept at once, as in a call, which waits
    for nothing; the view points it out afterwards (``answers.point_out``). ``names``, ``numbers``:
    whether they are looked for; not where a name is asked for, or where an act refuses each number.
    """

    def __init__(
        self, *, urgent: bool = False, names: bool = True, numbers: bool = True, **options: Any
    ) -> None:
        self.urgent, self.names, self.numbers = urgent, names, numbers
        super().__init__(**options)

    def get_bound_field(self, form: Any, field_name: str) -> FreeBoundField:
        """Return the field in its form."""
        return FreeBoundField(form, self, field_name)

    def seen(self, text: str) -> str:
        """Return what of a person the text seems to contain, for a sentence; else ""."""
        found = person_in_text.seen(text, names=self.names, numbers=self.numbers)
        return _(" and ").join(map(str, found))

    def _clean_bound_field(self, bound: FreeBoundField) -> str:
        text = str(super()._clean_bound_field(bound))  # type: ignore[misc]
        if self.urgent or not text:
            return text
        kept = bound.form.data.get(bound.kept_under, "")
        if kept != _mark(text) and (found := self.seen(text)):
            said = _(
                "This looks like %(what)s. Write nothing that says who a patient is: take it away."
                " If it is something else, keep it as it is."
            )
            raise forms.ValidationError(said, PERSON, {"what": found})
        return text


def _mark(text: str) -> str:
    """Return what stands for a text in the page that asks whether to keep it."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


class ReasonField(FreeTextField):
    """Why something is done, for the history."""

    default_error_messages: ClassVar = {
        "required": gettext_lazy("Write why, in a few words. It stays in the record.")
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", gettext_lazy("Reason"))
        super().__init__(max_length=REASON_LENGTH, **options)
