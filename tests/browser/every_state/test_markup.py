"""What is wrong with a page as it is sent is found without a browser."""

import pytest

from tests.browser.markup import Markup

PAGE = """<!DOCTYPE html><html lang="sv"><head><title>Till</title></head><body>
<nav aria-label="Tabs"></nav><main><h1>Till</h1><h2 id="a">One</h2>
<label for="b">Sex</label><input id="b"><label>Age <select></select></label><input type="hidden">
<p><a href="/">Home</a></p><img alt="" src="x"><section aria-labelledby="a"></section>
<button aria-label="Close">x</button></main></body></html>"""
WRONG = {
    "a link without words": (">Home<", "><", "<a {'href': '/'}> without words"),
    "a button without words": ('aria-label="Close">x', ">", "<button {}> without words"),
    "a picture without words": (' alt=""', "", "<img src=x> without words"),
    "a field without a label": ('for="b"', 'for="a"', "<input name=None> without a label"),
    "a name that is nowhere": ('by="a"', 'by="d"', "<section aria-labelledby=d> leads nowhere"),
    "a label that leads nowhere": ('for="b"', 'for="c"', "<label for=c> leads nowhere"),
    "a heading left out": ("h2", "h3", "h3 after h1"),
    "a page that begins too low": ("h1", "h2", "0 of <h1>"),
    "two main headings": ("h2", "h1", "2 of <h1>"),
    "no title": ("<title>Till</title>", "", "0 of <title>"),
    "an id twice": ("<p>", '<p id="b">', "2 elements with the id b"),
    "two landmarks of one name": ("<main>", "<nav aria-label='Tabs'></nav><main>", "2 of <nav>"),
    "what is never closed": ("</p>", "", "</main> closes <p>"),
}


def test_nothing_is_wrong_with_a_sound_page() -> None:
    assert Markup(PAGE).faults() == []


@pytest.mark.parametrize("what", WRONG)
def test_it_is_found(what: str) -> None:
    old, new, found = WRONG[what]
    assert old in PAGE
    faults = Markup(PAGE.replace(old, new)).faults()
    assert any(fault.startswith(found) for fault in faults), faults


def test_an_alert_may_stand_before_the_heading() -> None:
    alert = "<main><div role='alert'><h2>Wrong</h2></div>"
    assert Markup(PAGE.replace("<main>", alert)).faults() == []


def test_its_language_is_read() -> None:
    assert Markup(PAGE).language() == "sv"
