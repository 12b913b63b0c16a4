"""The server that other tests lean on: it ends with the test, and says when it can't begin."""

from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.served import serving


@pytest.mark.django_db(transaction=True)
def test_is_gone_after_a_test_that_fails(server_var: Path) -> None:
    with pytest.raises(ZeroDivisionError), serving(server_var) as served:
        raise ZeroDivisionError
    with pytest.raises(URLError, match="refused"):
        urlopen(served.url)


@pytest.mark.django_db
def test_says_that_it_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEFREG_ENV", "no such mode")
    with pytest.raises(RuntimeError, match="exit code"), serving(tmp_path):
        pytest.fail("It started.")
