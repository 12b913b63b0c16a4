"""Letters and digits as words for the telephone. Pure, and a leaf.

Two alphabets, each with its source:

* Swedish: the telephone directory's own since 1902, in its form of 1960 (Helge, ett, sju), as
  the police, Försvarsmakten and Sjöräddningen use it. Some write Cesar and Quintus: no ear hears
  the difference;
* international: ICAO annex 10 volume II, 5.2.1.3, figure 5-1 (ITU Radio Regulations,
  appendix 14), which NATO uses too. Digits are plain words: ICAO's "fife" and "niner" are for
  bad radio, and would be new to a ward.

Which word stands for K in a language is a fact and no translation, so these aren't gettext
strings.
"""

from typing import Final

_SWEDISH: Final = (
    "Adam Bertil Caesar David Erik Filip Gustav Helge Ivar Johan Kalle Ludvig Martin Niklas Olof "
    "Petter Qvintus Rudolf Sigurd Tore Urban Viktor Wilhelm Xerxes Yngve Zäta Åke Ärlig Östen"
)
_SWEDISH_DIGITS: Final = "noll ett två tre fyra fem sex sju åtta nio"
_INTERNATIONAL: Final = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar "
    "Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
)
_ENGLISH_DIGITS: Final = "zero one two three four five six seven eight nine"


def _table(letters: str, digits: str) -> dict[str, str]:
    """Return character → word: a letter's word begins with it, digits stand in order."""
    words = {word[0]: word for word in letters.split()}
    return words | {str(digit): word for digit, word in enumerate(digits.split())}


_SWEDISH_WORDS: Final = _table(_SWEDISH, _SWEDISH_DIGITS)
_INTERNATIONAL_WORDS: Final = _table(_INTERNATIONAL, _ENGLISH_DIGITS)


def spell(characters: str, language: str) -> list[str]:
    """Return a word for each character: ``K064`` in ``sv`` → Kalle, noll, sex, fyra.

    ``language`` is a code as Django has it (``sv``, ``sv-se``); every other language than
    Swedish gets the international alphabet. A character without a word stands for itself.
    """
    swedish = language.lower().partition("-")[0] == "sv"
    words = _SWEDISH_WORDS if swedish else _INTERNATIONAL_WORDS
    return [words.get(character.upper(), character) for character in characters]
