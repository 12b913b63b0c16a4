"""Signed notes are C2SP's: the vector is that of its reference implementation in Go."""

import pytest

from befreg_reserv.audit.seals import note
from befreg_reserv.audit.seals.note import NoKey, NotSigned

SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NOTE = (
    f"{TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfq"
    "dngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_published_note() -> None:
    assert note.signer(SECRET).sign(TEXT) == NOTE
    assert str(note.signer(SECRET).public) == PUBLIC
    assert note.public_key(PUBLIC).text_of(NOTE) == TEXT


@pytest.mark.parametrize(
    "forged",
    [
        NOTE.replace("answer", "Answer"),
        NOTE.replace("x08go/Z", "x08go/Y"),
        NOTE.replace("PeterNeumann", "Somebody"),
        NOTE.replace("AM=\n", "AM\n"),
        TEXT,
        "",
    ],
)
def test_what_the_key_has_not_signed(forged: str) -> None:
    with pytest.raises(NotSigned):
        note.public_key(PUBLIC).text_of(forged)


@pytest.mark.parametrize(
    "line",
    ["", "x", "a+b+c", SECRET, PUBLIC.replace("c74f20a3", "c74f20a4"), PUBLIC[:-2], "å ä+" * 9],
)
def test_what_is_no_key(line: str) -> None:
    with pytest.raises(NoKey):
        note.public_key(line)


def test_a_key_is_kept_as_a_line() -> None:
    made = note.new_signer("befreg-reserv")
    assert note.signer(made.secret_line() + "\n").public == made.public
    assert note.public_key(f"{made.public}\n") == made.public
    with pytest.raises(NoKey):
        note.signer(str(made.public))
    with pytest.raises(NoKey):
        note.new_signer("two words")
