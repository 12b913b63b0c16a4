"""Why a backup, a restore or a move was not done."""


class Stopped(Exception):
    """Nothing was done, unless the message says otherwise; it tells an operator what to do."""
