"""What goes wrong in a page without anybody seeing it."""

from collections.abc import Collection
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request

# How Chromium reports an answer of 400 and more, whether of a page or of a part of it.
REFUSED_PAGE = "Failed to load resource: the server responded with a status of 4"
STRAIGHT = (
    "straight=1"  # a form that asks for the page that answers it, also when a script sends it
)
OF_ITS_OWN = {"about", "blob", "data"}


class Watch:
    """Notes, in one browser context, every fault that no person would notice.

    That is: an error on the console (a violation of the content security policy is one), an
    exception that no script caught, and a request to another host than ``url``'s. A page that is
    itself a refusal, 400 to 499, is no fault; a part of a page that is refused is. ``expected``:
    words of which each fault that the test means to see holds at least one.
    """

    def __init__(
        self, context: BrowserContext, url: str, *, expected: Collection[str] = ()
    ) -> None:
        self.faults: list[str] = []
        self._own = urlsplit(url).netloc
        self._expected = expected
        self._pages: set[str] = set()
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(f"uncaught: {error.error}"))

    def check(self) -> None:
        """Raise AssertionError for the faults since the last time."""
        faults, self.faults = self.faults, []
        assert not faults, "\n".join(["Faults that nobody would have seen:", *faults])

    def _request(self, request: Request) -> None:
        if request.is_navigation_request() or STRAIGHT in (request.post_data or ""):
            self._pages.add(request.url)
        address = urlsplit(request.url)
        if address.scheme not in OF_ITS_OWN and address.netloc != self._own:
            self._note(f"request to another host: {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        of_the_page = message.location["url"] in self._pages
        if message.type != "error" or (of_the_page and message.text.startswith(REFUSED_PAGE)):
            return
        self._note(f"console: {message.text} ({message.location['url']})")

    def _note(self, fault: str) -> None:
        if not any(words in fault for words in self._expected):
            self.faults.append(fault)
