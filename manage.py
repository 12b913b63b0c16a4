#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

from befreg_reserv.serving.frames import with_room

# Static files, which a proxy may serve, and sources. All else that a command writes is private.
MADE_FOR_OTHERS = {"collectstatic", "makemigrations", "translations"}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "befreg_reserv.settings")
    # A command has time, whatever the environment that it shares with the server says.
    os.environ["ANSWER_SECONDS"] = "0"
    if not MADE_FOR_OTHERS.intersection(sys.argv[1:2]):
        os.umask(0o077)
    with_room(execute_from_command_line, sys.argv)
