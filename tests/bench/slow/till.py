"""What a till waits for at the end of a slow line: python -m tests.bench.slow.till [CALLS]

A real browser, nginx as it is configured for a hospital, the product as it is served. Prints one
line of JSON: what was waited for, in milliseconds, and what a page cost that was new.
"""

import json
import subprocess
import sys
import tempfile
import time
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright
from playwright.sync_api import TimeoutError as Never

from befreg_reserv import wsgi  # noqa: F401  sets Django up
from tests.bench.slow.network import HOST, Kind, SlowLine
from tests.browser.chromium import LAUNCH_ARGS, require
from tests.deploy.proxy import CERTIFICATE, proxying
from tests.faults.till import PASSWORD

SLOW = Kind()
NEAR = Kind(bits=1e9, round_trip=0, loss=0)
SLOWER = 4  # times, for an old computer
PATIENCE_MS = 20_000
MOST_SHOWN = 3000  # characters of a page on which something never came
SEEN = """(wanted) => {
  const found = document.querySelector(wanted);
  if (!found?.checkVisibility()) return false;
  const painted = (then) => requestAnimationFrame(() => setTimeout(then));
  return new Promise((then) => painted(() => then(performance.timeOrigin + performance.now())));
}"""
BOARD, FORM, NUMBER, WARDS = "#live", "[name=sex]:focus", ".big .last", "[role=option]"
READ_BACK = "a[data-key=n]:focus"


class Watch:
    """Looks at one page, and keeps what was waited for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.waited: dict[str, list[float]] = defaultdict(list)
        page.set_default_timeout(PATIENCE_MS)

    def press(self, key: str, wanted: str, name: str) -> None:
        """Press a key, and wait until what is ``wanted`` has been painted."""
        began = time.time()
        self.page.keyboard.press(key)
        self._until(wanted, name, began)

    def _until(self, wanted: str, name: str, began: float) -> None:
        try:
            painted = self.page.wait_for_function(SEEN, arg=wanted, polling="raf").json_value()
        except Never as late:
            shown = self.page.content()[:MOST_SHOWN]
            raise RuntimeError(f"{name}: never, at {self.page.url}:\n{shown}") from late
        self.waited[name].append(painted - 1000 * began)


def sign_in(watch: Watch, address: str) -> None:
    """Sign the till in, from a page that is there."""
    watch.page.goto(address)
    watch.page.locator("[name=username]").fill("tilda")
    watch.page.locator("[name=password]").fill(PASSWORD)
    watch.press("Enter", BOARD, "sign-in to board")


def unlock(watch: Watch) -> None:
    """Lock, and go on."""
    watch.page.goto("/till/")
    with watch.page.expect_navigation():
        watch.page.evaluate("setTimeout(() => document.getElementById('lock').submit())")
    watch.page.locator("[name=password]").fill(PASSWORD)
    watch.press("Enter", BOARD, "unlock to board")


def call(watch: Watch) -> None:
    """Take a call by keys alone, from the page that is there."""
    page = watch.page
    page.wait_for_timeout(1500)  # somebody speaks, and what the page asks for beforehand comes
    watch.press("n", FORM, "N to form")
    page.wait_for_selector("[name=ward][role=combobox]")
    page.keyboard.press("k")
    page.keyboard.press("v")
    page.keyboard.type("wilma")
    page.keyboard.press("Tab")
    page.keyboard.type("an")
    watch.press("e", WARDS, "last letter to ward list")
    watch.press("Enter", NUMBER, "Enter to number")
    page.wait_for_load_state()
    page.locator("[name=typed]").fill(page.locator(NUMBER).text_content() or "")
    watch.press("Enter", READ_BACK, "read-back to answer")


def cold(context: BrowserContext, address: str, watch: Watch) -> dict[str, Any]:
    """Return what the first page of all costs."""
    network = context.new_cdp_session(watch.page)
    sizes: list[int] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    network.send("Network.enable")
    began = time.time()
    watch.page.goto(address, wait_until="commit")
    watch._until("[name=username]", "first page of all", began)
    watch.page.wait_for_load_state("networkidle")
    network.detach()
    return {"requests": len(sizes), "bytes": int(sum(sizes))}


@contextmanager
def browser_at(port: int) -> Iterator[tuple[BrowserContext, str]]:
    """Yield a browser that trusts the proxy of the tests, and its address."""
    trusted = f"--ignore-certificate-errors-spki-list={_fingerprint()}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=require(), args=[*LAUNCH_ARGS[1:], trusted]
        )
        address = f"https://{HOST}:{port}"
        yield browser.new_context(base_url=address), address
        browser.close()


def _fingerprint() -> str:
    words = ["openssl", "x509", "-noout", "-pubkey", "-in", str(CERTIFICATE)]
    key = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    lines = [line for line in key.splitlines() if not line.startswith("-")]
    return b64encode(sha256(b64decode("".join(lines))).digest()).decode()


def measured(server: int, calls: int, kind: Kind, slower: int = 1) -> dict[str, Any]:
    """Return what was waited for on such a line."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with proxying(Path(folder) / "nginx", server) as proxy:
            line = SlowLine(proxy.port, kind)
            with browser_at(line.port) as (context, address):
                watch = Watch(context.new_page())
                cost = cold(context, f"{address}/sign-in/", watch)
                sign_in(watch, f"{address}/sign-in/")
                if slower > 1:
                    network = context.new_cdp_session(watch.page)
                    network.send("Emulation.setCPUThrottlingRate", {"rate": slower})
                for number in range(calls):
                    if number % 5 == 4:
                        unlock(watch)
                    call(watch)
            line.close()
    return {"cold": cost, "waited": watch.waited}


if __name__ == "__main__":
    port, calls = map(int, sys.argv[1:])
    print(
        json.dumps(
            {"slow": measured(port, calls, SLOW), "old": measured(port, calls, NEAR, SLOWER)}
        )
    )
