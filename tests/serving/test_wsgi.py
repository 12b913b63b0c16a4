"""What a server loads before it is asked for anything."""

import subprocess
import sys

import pytest

from tests.served import ROOT, child_environment

LOADED = """
import os, sys
from django.template import engines
cached = engines["django"].engine.template_loaders[0].get_template_cache
print("custody.views.till" in sys.modules, "custody/board.html" in cached, oct(os.umask(0)))
"""


@pytest.mark.parametrize(
    ("start", "loaded"),
    [
        ("import befreg_reserv.wsgi", "True True 0o77"),
        (
            "from django.core.wsgi import get_wsgi_application; get_wsgi_application()",
            "False False 0o22",
        ),
    ],
)
def test_whoever_calls_first_after_a_restart_waits_for_no_view_and_no_template(
    start: str, loaded: str
) -> None:
    environment = child_environment(DJANGO_SETTINGS_MODULE="befreg_reserv.settings")
    told = subprocess.check_output(
        [sys.executable, "-c", f"{start}\n{LOADED}"],
        cwd=ROOT,
        env=environment,
        text=True,
        umask=0o022,
    )
    assert told.strip() == loaded
