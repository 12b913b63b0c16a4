"""What axe-core finds wrong with the page that is open.

The success criteria of WCAG 2.0, 2.1 and 2.2 at the levels A and AA, and axe's best practices.
"""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.served import ROOT

SOURCE = ROOT / "tests" / "vendor" / "axe-core" / "axe.min.js"
VERSION = "4.14.1"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What is asked of axe alone is worked out alone; there are no frames, and no rule of ours needs
# the style sheets' own text.
CHEAPLY = {"resultTypes": ["violations"], "iframes": False, "preload": False}
# Without the rules that axe itself tries out or has given up, as when it is asked by tag.
RUN = """async ([options, tags, colours]) => {
  const chosen = axe.getRules(tags).filter((rule) =>
    !rule.tags.includes("experimental") && !rule.tags.includes("deprecated") &&
    (!colours || rule.tags.includes("cat.color")));
  const values = chosen.map(({ ruleId }) => ruleId);
  const results = await axe.run(document, { ...options, runOnly: { type: "rule", values } });
  return results.violations.flatMap(({ id, impact, nodes }) => nodes.map((node) => ({
    rule: id,
    impact: impact,
    target: node.target.join(" "),
    html: node.html,
    fix: node.failureSummary,
  })));
}"""
# Where each element is and whether it is seen: all that a rule can see of it besides its colours.
SHAPE = """() => [...document.querySelectorAll("body, body *")].map((element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  const { display, visibility, opacity } = getComputedStyle(element);
  return [x, y, width, height, display, visibility, opacity].join(" ");
}).join("\\n")"""


@dataclass(frozen=True)
class Violation:
    """One element that breaks one rule."""

    rule: str
    impact: str
    target: str
    html: str
    fix: str

    def __str__(self) -> str:
        fix = " ".join(self.fix.split())
        return f"{self.rule} ({self.impact}): {self.target}\n      {self.html}\n      {fix}"


def install(context: BrowserContext) -> None:
    """Let every page that is opened from now on have axe in it, whatever its own policy allows."""
    context.add_init_script(path=SOURCE)


def violations(page: Page, *, colours: bool = False) -> list[Violation]:
    """Return what is wrong with the page as it stands; or what axe itself files under colour."""
    found: list[dict[str, Any]] = page.evaluate(RUN, [CHEAPLY, TAGS, colours])
    return [Violation(**each) for each in found]


def shape(page: Page) -> str:
    """Return what the page looks like, colours apart.

    Where two are equal, two runs of axe can differ by its rules about colour and by no other.
    """
    looks: str = page.evaluate(SHAPE)
    return looks
