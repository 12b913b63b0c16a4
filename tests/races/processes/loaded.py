"""Loads Django: the first thing in the process from which ``forked`` forks."""

import django

django.setup()
