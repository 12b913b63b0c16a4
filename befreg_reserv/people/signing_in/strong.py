"""Pages for which a sign-in must be strong and fresh, where the identity provider tells.

A mark on views: what a strong sign-in is, and who is asked for one, is ``sso``'s to know.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

STRONG: Final = "needs_strong_sign_in"


def needs_strong_sign_in(view: View) -> View:
    """Mark a view whose form is answered for people who have just shown who they are."""
    setattr(view, STRONG, True)
    return view
