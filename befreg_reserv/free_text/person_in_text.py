"""Whether a text that somebody typed seems to say who a person is: by a number, or by a name.

Nothing is certain here, so nothing is refused for it: it is pointed out. What a number looks like
and which capitalised words are places and not people, higher rooms register when they start.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise
A_NAME = _("a person's name")
A_NUMBER = _("a person's number")

_CAPITALISED = re.compile(r"[A-ZÅÄÖÉÜØÆ][a-zà-öø-ÿ]+(?:-[A-ZÅÄÖÉÜØÆ]?[a-zà-öø-ÿ]+)?")
_WORD = re.compile(r"[\w-]+")
# Two words of a name have a blank between them, or several, and nothing else.
_BETWEEN = re.compile(r"[ \u00a0]+")
# Words that begin a sentence in notes of a till, and names of places and systems.
_LOWER = """
    akuten akutmottagningen alla allt annan arket av avbruten avdelning avdelningen befreg beslut
    blev borås bytt båda början den det detta driftstopp drottninggatan dubbelt där då efter
    eftermiddag ej ellos en enligt ett fel fick fler flera flytt från fredag först för förlossningen
    försök gick god göteborg hade han har hela hittade hon hör här i igen ingen inget inte intranät
    inte it ja jag journal kan kanske kassan klart kliniken kom larm lista lördag läkare läkaren
    man med melior men millennium mottagningen måndag natt nej ny nya nytt nu när nästa och ombud
    onsdag operation orsak patient patienten pärm pärmen på raps ring ringde ringer rätt samma
    samtal samtalet se sedan sjukhus sjuksköterska sjuksköterskan skrev skulle skövde som stopp
    svar sverige säs södra sökt söndag tack telefon tekniker till tills tisdag torsdag trollhättan
    två tyvärr uddevalla under uppringare uppringaren ur utan vi var vid vilket västra växeln väntar
    älvsborg älvsborgs ögonmottagning år även över sahlgrenska universitetssjukhus
    universitetssjukhuset lasarett götaland götalandsregionen region regionen
    another befreg's both call caller he in it no not one patient's sheet she that the there they
    this two ward we when who wrong
"""
_NO_NAMES = frozenset(_LOWER.split())

Finder = Callable[[str], bool]
_finders: list[tuple[Words, Finder]] = []
_known: list[Callable[[str], bool]] = []


def look_for(what: Words, finder: Finder) -> None:
    """Let ``finder`` tell whether a text contains ``what``, which stands in a sentence."""
    if (what, finder) not in _finders:
        _finders.append((what, finder))


def no_person(is_known: Callable[[str], bool]) -> None:
    """Let ``is_known`` tell whether two capitalised words are a place's and not a person's."""
    if is_known not in _known:
        _known.append(is_known)


def seen(text: str, *, names: bool = True, numbers: bool = True) -> list[Words]:
    """Return what of a person the text seems to contain, of what is looked for."""
    found = [what for what, finder in _finders if numbers and finder(text)]
    return [*found, A_NAME] if names and has_name(text) else found


def has_name(text: str) -> bool:
    """Tell whether two capitalised words follow each other that are no known place."""
    return any(not any(is_known(pair) for is_known in _known) for pair in _pairs(text))


def _pairs(text: str) -> Iterator[str]:
    words: Iterable[re.Match[str]] = _WORD.finditer(text)
    for first, second in pairwise(words):
        if _BETWEEN.fullmatch(text[first.end() : second.start()]) and all(
            map(_may_be, (first, second))
        ):
            yield f"{first[0]} {second[0]}"


def _may_be(word: re.Match[str]) -> bool:
    return bool(_CAPITALISED.fullmatch(word[0])) and word[0].lower() not in _NO_NAMES
