"""Passwords that somebody who knows the hospital would try first.

Length protects a password, and no rule about capitals or digits does; but a long one made of words
that everybody at work thinks of is short. So nothing is refused for what it lacks: only for being
known, or for being made of such words, sequences and repetitions alone.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import combining, normalize

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Letters that are nobody's guess: with fewer, the rest of the password is what one tries.
FEWEST = 5
SEQUENCE = 4  # keys side by side, from this many on
LONGEST_LOOKED_AT = 200  # what is longer isn't looked through word by word
LEET = str.maketrans("013457@$€!|", "oieastaseil")
ROWS = (
    "abcdefghijklmnopqrstuvwxyzaao",
    "qwertyuiopa",
    "asdfghjkloa",
    "zxcvbnm",
    "1234567890",
    "0123456789",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
# Of work, place, calendar, names, and of passwords themselves, without accents.
WORDS = Path(__file__).with_name("guessable.txt")


@cache
def known_words() -> frozenset[str]:
    """Return the words that everybody here would think of, as ``folded`` writes them."""
    return frozenset(folded(word) for word in WORDS.read_text("utf-8").split())


@cache
def _common() -> frozenset[str]:
    """Return Django's list of the most common passwords."""
    return frozenset(CommonPasswordValidator().passwords)


def folded(text: str) -> str:
    """Return the text without capitals, accents, spaces and marks: "Borås!" is "boras"."""
    plain = normalize("NFKD", text.casefold().replace("ø", "o").replace("æ", "a"))
    return "".join(c for c in plain if c.isalnum() and not combining(c))


def unknown(text: str, words: frozenset[str]) -> int:
    """Return how few letters of a text remain once known words and sequences are taken out.

    A year, a date, and marks before and after are what people add; a digit alone and a mark within
    count as letters do.
    """
    within = re.sub(r"^\W+|\W+$", "", text)
    return _unknown_letters(folded(text), words) + len(set(re.findall(r"[^\w\s]", within)))


def _unknown_letters(text: str, words: frozenset[str]) -> int:
    longest = max(map(len, words))
    fewest = [0]
    for end in range(1, len(text) + 1):
        best = fewest[-1] + 1
        for start in range(max(0, end - longest), end):
            part = text[start:end]
            if fewest[start] < best and (part in words or _is_sequence(part) or _is_figure(part)):
                best = fewest[start]
        fewest.append(best)
    return fewest[-1]


def _is_figure(part: str) -> bool:
    return len(part) > 1 and part.isdecimal()


def _is_sequence(part: str) -> bool:
    """Tell whether these are keys or letters in a row, there or back, or one over and over."""
    if len(part) < SEQUENCE:
        return False
    return len(set(part)) == 1 or any(part in row or part[::-1] in row for row in ROWS)


def repeats(text: str) -> bool:
    """Tell whether the text is something short said again and again: "hemligt hemligt"."""
    doubled = (text + text).find(text, 1)
    return 0 < doubled < len(text)


def is_guessable(password: str, own: str = "") -> bool:
    """Tell whether somebody who knows the hospital, and the vgr-id ``own``, would try it soon."""
    text = password.casefold()[:LONGEST_LOOKED_AT]
    words = known_words() | ({folded(own)} - {""})
    # "dragon2026!" is the common word and what is written after it.
    if repeats(folded(text)) or folded(text).strip("0123456789") in _common():
        return True
    return any(unknown(reading, words) < FEWEST for reading in (text, text.translate(LEET)))


class LocalWords:
    """Refuses what ``is_guessable`` tells; for AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for a password that somebody who knows the hospital would try."""
        if is_guessable(password, getattr(user, "username", "")):
            raise ValidationError(self.get_help_text(), code="password_guessable")

    def get_help_text(self) -> str:
        """Return what is wrong, and what to do instead."""
        return _(
            "Somebody who knows the hospital would guess this: it is made of words from work,"
            " names, seasons, years, or keys in a row. Take three or four words that have nothing"
            " to do with each other."
        )
