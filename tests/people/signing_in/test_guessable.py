"""Which passwords somebody who knows the hospital would try; no other is refused for its kind."""

import secrets
import string

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import passwords
from befreg_reserv.people.signing_in.guessable import LONGEST_LOOKED_AT, is_guessable

GUESSED = """
    Sommaren2026!!
    Sommar 2026 höst 2027
    V1ntern2026!
    befregreservnummer
    Reservnummer-2026
    Akutmottagningen1
    BoråsLasarett2026
    tilda12tilda
    Tilda-2026-vgr
    qwertyuiopå1
    aaaaaaaaaaaaaa
    abcdefghijklmn
    1qaz2wsx3edc
    Välkommen123!
    P@ssw0rd2026!!
    L0senord2026!!
    lösenordet är hemligt
    hemligt!hemligt!
    AnnaKarlsson1975
    Dragon2026!!!
    xn!Sommar2026
    123456789012
    !!!!!!!!!!!!
""".strip().splitlines()
GOOD = """
    fyra gula ankor flyger
    korrekt häst batteri 7
    correct horse battery staple
    mormors röda paraply
    sommarregn på tunnelbanan
    vinterdäck lakrits moped
    sju jättar äter grus
    пароль от сарая мой
    x7$kQ#2@vL&8w
""".strip().splitlines()


@pytest.mark.parametrize("password", [each.strip() for each in GUESSED])
def test_a_password_of_what_everybody_thinks_of_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, User(username="tilda"))
    assert is_guessable(password, "tilda")


@pytest.mark.parametrize("password", [each.strip() for each in GOOD])
def test_long_and_unheard_of_is_enough(password: str) -> None:
    validate_password(password, User(username="tilda"))


def test_what_chance_makes_is_never_refused() -> None:
    letters = string.ascii_letters + string.digits + string.punctuation
    drawn = ["".join(secrets.choice(letters) for _ in range(14)) for _ in range(300)]
    drawn += [passwords.generate() for _ in range(300)]
    assert sum(is_guessable(each, "tilda") for each in drawn) <= 3


@pytest.mark.parametrize("huge", ["x9" * 2000, "sommar" * 700, "å" * 4096, "\x00" * 50, "😀" * 40])
def test_nothing_is_too_odd_to_be_judged(huge: str) -> None:
    assert is_guessable(huge) in {True, False}
    assert len(huge) > LONGEST_LOOKED_AT or not huge.isalnum()
