"""Wards and people with addresses, for each test of this room."""

from tests.custody.handouts.reminders.post import addresses

__all__ = ["addresses"]
