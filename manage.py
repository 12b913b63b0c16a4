#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "befreg_reserv.settings")
    # A command has time: it waits for a lock longer than a page may, and its statements are long.
    os.environ.setdefault("DATABASE_WAIT_SECONDS", "20")
    os.environ.setdefault("DATABASE_STATEMENT_SECONDS", "0")
    execute_from_command_line(sys.argv)
