"""The IT news: an RSS 2.0 or Atom feed, read without trusting it."""

import codecs
import html
import html.entities
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from befreg_reserv.text import clean_line
from outage.models import NewsItem

MOST = 10  # items kept of one reading
TITLE = 300
# How far ahead an item's time may be, by a wrong clock or time zone; beyond that it is ignored.
AHEAD = timedelta(days=1)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
BLANK = b"\xef\xbb\xbf \t\r\n"  # before the declaration, where XML allows a mark alone
DECLARES = re.compile(rb"""\xff\xfe|\xfe\xff|<\?xml[^>]{0,200}\sencoding\s*=""")
USUAL_CHARSETS = frozenset({"ascii", "utf-8", "cp1252", "iso8859-1", "iso8859-15"})
# An "&" that isn't XML's, with the entity's name if it has one.
LIKE_ENTITY = re.compile(
    rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)(?:[A-Za-z][A-Za-z0-9]{1,30};)?"
)
ATOM = "{http://www.w3.org/2005/Atom}"


class NotAFeed(Exception):
    """The answer is no feed, or one that we don't read; the message says why."""


@dataclass(frozen=True)
class Item:
    """One item: ``uid`` stays the same when its title is edited."""

    uid: str
    title: str
    published_at: datetime | None


def parse(body: bytes, at: datetime, charset: str = "") -> list[Item]:
    """Return the newest items, at most MOST, the newest first; each with a title, none twice.

    ``charset``: what the answer's header says, for a feed that doesn't say it itself. An item
    without a time sorts as of ``at``, in the feed's order. Raises NotAFeed.
    """
    try:
        root = _root(_declared(body.lstrip(BLANK), charset))
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise NotAFeed(f"{type(error).__name__}: {error}") from error
    items = {item.uid: item for item in _items(root, at) if item.title}
    return sorted(items.values(), key=lambda item: item.published_at or at, reverse=True)[:MOST]


def _root(body: bytes) -> Element:
    """Return the root; of what is nearly XML too: with the entities of HTML, or a bare "&"."""
    try:
        return _strictly(body)
    except ParseError:
        mended = b"".join(_mended(body))
        if mended == body:
            raise
        return _strictly(mended)


def _mended(body: bytes) -> Iterator[bytes]:
    """Yield the feed with each such "&" as XML writes it. Within CDATA it means itself."""
    at = 0
    while (start := body.find(b"<![CDATA[", at)) >= 0:
        end = body.find(b"]]>", start)
        yield LIKE_ENTITY.sub(_as_xml, body[at:start])
        at = end if end >= 0 else len(body)
        yield body[start:at]
    yield LIKE_ENTITY.sub(_as_xml, body[at:])


def _strictly(body: bytes) -> Element:
    root: Element = fromstring(body, forbid_dtd=True)  # no entities, nothing fetched from elsewhere
    return root


def _as_xml(found: re.Match[bytes]) -> bytes:
    """Return what XML knows in place of an entity of HTML or of a bare "&"."""
    name = found[0][1:]
    meant = html.entities.html5.get(name.decode())
    if meant is None:
        return b"&amp;" + name
    return "".join(f"&#{ord(character)};" for character in meant).encode()


def _declared(body: bytes, charset: str) -> bytes:
    """Return the feed in UTF-8 if its header alone says what it is in, and that is a usual one."""
    if DECLARES.match(body):
        return body
    try:
        usual = codecs.lookup(charset).name in USUAL_CHARSETS
    except (LookupError, ValueError):
        usual = False
    return body.decode(charset).encode() if usual else body


def keep(items: list[Item], at: datetime) -> None:
    """Store the items as seen at ``at``; an item stored before gets its current title."""
    NewsItem.objects.bulk_create(
        [
            NewsItem(
                uid=item.uid,
                title=item.title,
                published_at=item.published_at,
                first_seen_at=at,
                last_seen_at=at,
            )
            for item in reversed(items)  # so that the newest has the highest key
        ],
        update_conflicts=True,
        unique_fields=["uid"],
        update_fields=["title", "published_at", "last_seen_at"],
    )


def _items(root: Element, at: datetime) -> Iterator[Item]:
    if root.tag == "rss":
        for entry in root.iterfind("channel/item"):
            names = (_text(entry, "guid"), _text(entry, "link"))
            yield _item(entry, names, "title", _rfc822(_text(entry, "pubDate")), at)
    elif root.tag == f"{ATOM}feed":
        for entry in root.iterfind(f"{ATOM}entry"):
            link = entry.find(f"{ATOM}link")
            names = (_text(entry, f"{ATOM}id"), link.get("href", "") if link is not None else "")
            published = _text(entry, f"{ATOM}published") or _text(entry, f"{ATOM}updated")
            yield _item(entry, names, f"{ATOM}title", _iso(published), at)
    else:
        raise NotAFeed("neither RSS 2.0 nor Atom")


def _item(
    entry: Element, names: tuple[str, ...], title: str, published: datetime | None, at: datetime
) -> Item:
    words = clean_line(html.unescape(_text(entry, title)))
    # What identifies an item, the best first: an item may lack a guid, and a link too.
    own = next(filter(None, names), words)
    sound = published is not None and EARLIEST <= published <= at + AHEAD
    uid = sha256(own.encode()).hexdigest()
    return Item(uid, words[:TITLE], published if sound else None)


def _text(entry: Element, tag: str) -> str:
    """Return all text inside the first child ``tag``, or ""."""
    child = entry.find(tag)
    return "".join(child.itertext()).strip() if child is not None else ""


def _rfc822(text: str) -> datetime | None:
    try:
        return _aware(parsedate_to_datetime(text))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _iso(text: str) -> datetime | None:
    try:
        return _aware(datetime.fromisoformat(text))
    except ValueError:
        return None


def _aware(published: datetime) -> datetime | None:
    """Return a time only if it has a time zone: a wrong age would mislead."""
    return published if published.tzinfo else None
