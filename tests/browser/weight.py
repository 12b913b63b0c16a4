"""What a page costs a browser that has never been here: ``python -m tests.browser.weight``.

Prints, for each main page of a demonstration, how many requests it makes and what is transferred
for them, headers included.
"""

import sys
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.chromium import LAUNCH_ARGS, require
from tests.pictures import demonstration

PAGES = {
    "/sign-in/": "",
    "/till/": "demka",
    "/till/call/": "demka",
    "/ward/": "demav",
    "/binder/": "demad",
    "/binder/overview/": "demad",
    "/wards/": "demad",
    "/people/": "demad",
    "/registers/": "demad",
    "/routine/": "",
    "/outage/": "demka",
    "/audit/": "demgr",
}


@dataclass(frozen=True)
class Weight:
    """A page with all that it loads; ``parts`` are bytes by address."""

    parts: dict[str, int]

    @property
    def requests(self) -> int:
        """How many requests it took."""
        return len(self.parts)

    @property
    def transferred(self) -> int:
        """How many bytes came."""
        return sum(self.parts.values())

    def __str__(self) -> str:
        heaviest = sorted(self.parts.items(), key=lambda part: -part[1])
        parts = ", ".join(f"{address} {size}" for address, size in heaviest)
        return f"{self.transferred} bytes in {self.requests} requests: {parts}"


def weigh(context: BrowserContext, path: str) -> Weight:
    """Open the page with nothing in the cache, and wait until it asks for nothing more."""
    page = context.new_page()
    network = context.new_cdp_session(page)
    addresses: dict[str, str] = {}
    parts: dict[str, int] = {}

    def sent(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"]

    def finished(event: dict[str, Any]) -> None:
        address = addresses[event["requestId"]]
        if not address.startswith("data:"):  # a mark that the stylesheet itself holds
            parts[address] = int(event["encodedDataLength"])

    network.on("Network.requestWillBeSent", sent)
    network.on("Network.loadingFinished", finished)
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.goto(path, wait_until="networkidle")
    page.close()
    return Weight(parts)


def table(browser: Browser, url: str, cookies: dict[str, str]) -> None:
    """Print a line for each page."""
    print(f"{'page':<20}{'requests':>9}{'kB':>8}")
    for path, who in PAGES.items():
        context = browser.new_context(base_url=url)
        if who:
            context.add_cookies([{"name": "sessionid", "value": cookies[who], "url": url}])
        weight = weigh(context, path)
        print(f"{path:<20}{weight.requests:>9}{weight.transferred / 1000:>8.1f}")
        context.close()


def main() -> int:
    """Weigh every main page."""
    with demonstration() as (url, cookies, _clock), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require(), args=LAUNCH_ARGS)
        table(browser, url, cookies)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
