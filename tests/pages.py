"""What a person reads on a page."""

import html
import re
from typing import Any


def text_of(answer: Any) -> str:
    """Return the answer's text without its tags, with single spaces."""
    bare = re.sub(r"<[^>]+>", "", answer.content.decode())
    return " ".join(html.unescape(bare).split())
