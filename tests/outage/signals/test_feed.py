"""The IT news: what is read of a feed, and what is not."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from defusedxml.ElementTree import fromstring
from django.utils import timezone

from outage.models import NewsItem
from outage.signals import feed

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def rss(*items: str) -> bytes:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel><title>IT</title>{inner}</channel></rss>'.encode()


def atom(*entries: str) -> bytes:
    inner = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>IT</title>{inner}</feed>'.encode()


def titles(body: bytes) -> list[str]:
    return [item.title for item in feed.parse(body, NOW)]


def when(told: str) -> datetime | None:
    (item,) = feed.parse(rss(f"<title>x</title><pubDate>{told}</pubDate>"), NOW)
    return item.published_at


# --- the two formats ------------------------------------------------------------------------


def test_rss() -> None:
    (item,) = feed.parse(
        rss(
            "<title>Befreg nere</title><guid>urn:1</guid>"
            "<pubDate>Sun, 22 Nov 2026 13:58:00 +0100</pubDate>"
        ),
        NOW,
    )
    assert item.title == "Befreg nere"
    assert item.published_at == datetime(2026, 11, 22, 12, 58, tzinfo=UTC)


def test_atom() -> None:
    (item,) = feed.parse(
        atom(
            "<title type='xhtml'><div>Befreg <b>nere</b></div></title><id>urn:1</id>"
            "<link href='https://x/'/><updated>2026-11-22T12:58:00Z</updated>"
        ),
        NOW,
    )
    assert item.title == "Befreg nere"
    assert item.published_at == datetime(2026, 11, 22, 12, 58, tzinfo=UTC)


def test_what_was_published_counts_before_what_was_changed() -> None:
    times = "<updated>2026-11-22T13:00:00Z</updated><published>2026-11-21T13:00:00Z</published>"
    (item,) = feed.parse(atom(f"<title>x</title>{times}"), NOW)
    assert item.published_at == datetime(2026, 11, 21, 13, tzinfo=UTC)


def test_other_encodings_are_read() -> None:
    text = (
        '<?xml version="1.0" encoding="iso-8859-1"?>' + rss("<title>Åter i drift</title>").decode()
    )
    assert titles(text.encode("latin-1")) == ["Åter i drift"]


NEARLY = {
    "blank lines before the declaration": b'\r\n\n<?xml version="1.0"?>' + rss("<title>a</title>"),
    "a mark and a blank": b"\xef\xbb\xbf " + rss("<title>a</title>"),
    "a blank that doesn't break": rss("<title>&nbsp;a</title>"),
    "a bare ampersand": rss("<title>a</title><link>https://x/?a=1&b=2</link>"),
}


@pytest.mark.parametrize("name", NEARLY)
def test_what_is_nearly_xml_is_read(name: str) -> None:
    assert titles(NEARLY[name]) == ["a"]


def test_letters_of_html_are_read_and_cdata_is_left_alone() -> None:
    assert titles(rss("<title>Stopp &aring; R&D &amp; IT</title>")) == ["Stopp å R&D & IT"]
    assert titles(rss("<title><![CDATA[a & b]]> &ouml; &hej;</title>")) == ["a & b ö &hej;"]


def test_the_header_says_what_a_feed_is_in_that_doesnt_say_it() -> None:
    body = rss("<title>Åter i drift</title>").decode().encode("latin-1")
    read = [feed.parse(body, NOW, charset)[0].title for charset in ("iso-8859-1", "Windows-1252")]
    assert read == ["Åter i drift"] * 2
    for charset in ("", "hex", "punycode", "no such"):
        with pytest.raises(feed.NotAFeed):
            feed.parse(body, NOW, charset)


def test_what_a_feed_says_itself_goes_before_its_header() -> None:
    body = b'<?xml version="1.0" encoding="utf-8"?>' + rss("<title>Åter</title>")
    assert feed.parse(body, NOW, "iso-8859-1")[0].title == "Åter"


def test_a_feed_may_be_empty() -> None:
    assert titles(rss()) == titles(atom()) == []


# --- titles and times -----------------------------------------------------------------------


def test_titles_are_one_clean_line_cut_short() -> None:
    assert titles(rss("<title> Fel\n\ti &amp;amp; p\u00e5 \u202eBefreg&#8203; </title>")) == [
        "Fel i & på Befreg"
    ]
    assert titles(rss(f"<title>{'å' * 1000}</title>")) == ["å" * 300]
    assert titles(rss("<title><![CDATA[<script>alert(1)</script>]]></title>")) == [
        "<script>alert(1)</script>"  # shown as text: templates escape
    ]


def test_an_item_without_a_title_is_left_out() -> None:
    assert titles(rss("<guid>1</guid>", "<title>&#8203; </title>", "<title>one</title>")) == ["one"]


@pytest.mark.parametrize(
    "told",
    [
        "",
        "yesterday",
        "Sun, 22 Nov 2026 13:58:00",  # where on earth?
        "Sun, 99 Nov 2026 13:58:00 +0100",
        "Sun, 22 Nov 99999 13:58:00 +0100",
        "Sun, 22 Nov 2026 13:58:00 +9999999999",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "Thu, 01 Jan 1970 00:00:00 +0000",
        "Mon, 23 Nov 2026 14:00:01 +0000",
        "1" * 10_000,
    ],
)
def test_a_time_that_says_nothing_is_none(told: str) -> None:
    assert when(told) is None


@pytest.mark.parametrize("told", ["2026-11-22", "2026-11-22T12:58:00", "0001-01-01T00:00:00+14:00"])
def test_neither_is_one_of_atom(told: str) -> None:
    (item,) = feed.parse(atom(f"<title>x</title><updated>{told}</updated>"), NOW)
    assert item.published_at is None


def test_a_time_may_lie_a_day_ahead() -> None:
    assert when("Mon, 23 Nov 2026 14:00:00 +0000") == NOW + timedelta(days=1)


def test_the_newest_ten_the_newest_first() -> None:
    items = [
        f"<title>{day}</title><pubDate>{day} Nov 2026 00:00:00 +0000</pubDate>"
        for day in range(1, 16)
    ]
    assert titles(rss(*items)) == [str(day) for day in range(15, 5, -1)]


def test_without_times_the_feeds_order_holds() -> None:
    assert titles(rss("<title>b</title>", "<title>a</title>")) == ["b", "a"]


# --- what an item is known by -----------------------------------------------------------------


def test_an_item_is_known_by_guid_or_link_or_title() -> None:
    def uid(inner: str) -> str:
        return feed.parse(rss(inner), NOW)[0].uid

    both = "<guid>1</guid><link>https://x/</link>"
    assert uid(f"<title>a</title>{both}") == uid("<title>b</title><guid>1</guid>")
    assert uid("<title>a</title><link>https://x/</link>") == uid(
        "<title>b</title><link>https://x/</link>"
    )
    assert uid("<title>a</title>") != uid("<title>b</title>")
    assert len(uid(f"<title>a</title><guid>{'x' * 100_000}</guid>")) == 64


@pytest.mark.django_db
def test_an_item_is_stored_once_with_its_present_title() -> None:
    later = NOW + timedelta(minutes=5)
    twice = "<title>Befreg nere</title><guid>1</guid>"
    feed.keep(feed.parse(rss(twice, twice), NOW), NOW)
    feed.keep(feed.parse(rss("<title>Löst: Befreg</title><guid>1</guid>"), later), later)
    item = NewsItem.objects.get()
    assert (item.title, item.first_seen_at, item.last_seen_at) == ("Löst: Befreg", NOW, later)


@pytest.mark.django_db
def test_the_newest_has_the_highest_key() -> None:
    feed.keep(feed.parse(rss("<title>new</title>", "<title>old</title>"), NOW), NOW)
    assert list(NewsItem.objects.order_by("id").values_list("title", flat=True)) == ["old", "new"]


# --- what is no feed --------------------------------------------------------------------------

DTD = "<!DOCTYPE rss [<!ENTITY {}>]>"
LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
BAD = {
    "empty": b"",
    "no XML": b"hello",
    "HTML": b"<!DOCTYPE html><html><p>hello",
    "another XML": b"<html><item><title>x</title></item></html>",
    "cut off": rss("<title>x</title>")[:-5],
    "bytes": bytes(range(256)),
    "NUL": rss("<title>a\x00b</title>"),
    "an unknown encoding": b'<?xml version="1.0" encoding="klingon"?><rss/>',
    "UTF-7": b'<?xml version="1.0" encoding="utf-7"?><rss/>',
    "a coding that is none": b'<?xml version="1.0" encoding="rot13"?><rss/>',
    "half of UTF-16": b"\xff\xfe<\x00r\x00s",
    "an entity": DTD.format('x "y"').encode() + rss("<title>&x;</title>"),
    "a file": DTD.format('x SYSTEM "file:///etc/passwd"').encode() + rss("<title>&x;</title>"),
    "an address": DTD.format('% x SYSTEM "http://127.0.0.1:9/"').encode() + rss(),
    "a DTD elsewhere": b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">' + rss(),
    "a billion laughs": (
        f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>'.encode() + rss("<title>&l9;</title>")
    ),
    "an entity that nobody knows, and no end": rss("<title>&hello;</title>")[:-5],
    "many beginnings of CDATA": b"<rss>" + b"<![CDATA[" * 20_000,
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_feed_is_refused(name: str) -> None:
    with pytest.raises(feed.NotAFeed):
        feed.parse(BAD[name], NOW)


def test_the_laughs_would_be_read_without_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    one = DTD.format('x "laughed"').encode() + rss("<title>&x;</title>")
    unguarded = partial(fromstring, forbid_entities=False)
    monkeypatch.setattr("outage.signals.feed.fromstring", lambda body, **_guards: unguarded(body))
    assert titles(one) == ["laughed"]


def test_deep_and_wide_is_no_fault() -> None:
    assert titles(rss("<title>" + "<b>" * 30_000 + "x" + "</b>" * 30_000 + "</title>")) == ["x"]
    assert len(titles(rss(*(f"<title>{nr}</title>" for nr in range(5_000))))) == 10


def test_what_is_kept_is_as_of_now() -> None:
    (item,) = feed.parse(rss("<title>x</title>"), timezone.now())
    assert item.published_at is None
