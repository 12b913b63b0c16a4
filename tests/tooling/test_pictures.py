"""The pictures in the documents."""

from tests.pictures import PICTURES, shown


def test_each_picture_is_shown_and_each_shown_one_is_there() -> None:
    assert {file.stem for file in PICTURES.iterdir()} == shown()
