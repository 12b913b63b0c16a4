"""What axe-core finds wrong with the page that is open.

The success criteria of WCAG 2.0, 2.1 and 2.2 at the levels A and AA, and axe's best practices.
"""

from dataclasses import dataclass
from typing import Any, Literal

from playwright.sync_api import BrowserContext, Page

from tests.served import ROOT

SOURCE = ROOT / "tests" / "vendor" / "axe-core" / "axe.min.js"
VERSION = "4.14.1"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What is asked of axe alone is worked out alone; there are no frames, and no rule of ours needs
# the style sheets' own text.
CHEAPLY = {"resultTypes": ["violations"], "iframes": False, "preload": False}
# What changes with the width alone, where the same elements are seen: axe measures nothing else.
MEASURED = ["target-size", "scrollable-region-focusable"]
# Without the rules that axe itself tries out or has given up, as when it is asked by tag.
# ``fresh``: of the elements of new kinds alone, which ``tests.browser.kinds`` has left in the page.
RUN = """async ([options, tags, measured, which, fresh]) => {
  const coloured = (rule) => rule.tags.includes("cat.color");
  const wanted = {
    all: () => true,
    colours: coloured,
    words: (rule) => !coloured(rule) && !measured.includes(rule.ruleId),
    layout: (rule) => coloured(rule) || measured.includes(rule.ruleId),
  }[which];
  const chosen = axe.getRules(tags).filter((rule) =>
    !rule.tags.includes("experimental") && !rule.tags.includes("deprecated") && wanted(rule));
  const values = chosen.map(({ ruleId }) => ruleId);
  const where = fresh ? { include: window.fresh } : document;
  const results = await axe.run(where, { ...options, runOnly: { type: "rule", values } });
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
# Whether each element is seen at all, wherever that is; with an argument, what is around those that
# weren't seen likewise before.
SEEN = """(before) => {
  const elements = [...document.querySelectorAll("body, body *")];
  const looks = elements.map((element) => {
    const { right, bottom, width, height } = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return [
      right + scrollX > 0, bottom + scrollY > 0, width > 0, height > 0, style.display === "none",
      style.visibility, style.opacity, style.position, style.overflow, style.clipPath,
    ].join(" ");
  });
  if (!before) return looks;
  const changed = elements.filter((_element, at) => looks[at] !== before[at]);
  return changed.map((element) => element.parentElement.outerHTML);
}"""
Which = Literal["all", "colours", "words", "layout"]


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


def violations(page: Page, which: Which = "all", *, fresh: bool = False) -> list[Violation]:
    """Return what is wrong with the page as it stands, or with its ``fresh`` elements alone.

    ``which`` rules are asked: all; those that axe itself files under colour; those of the layout,
    which are these and MEASURED; or the others, of words.
    """
    found: list[dict[str, Any]] = page.evaluate(RUN, [CHEAPLY, TAGS, MEASURED, which, fresh])
    return [Violation(**each) for each in found]


def shape(page: Page) -> str:
    """Return what the page looks like, colours apart.

    Where two are equal, two runs of axe can differ by its rules about colour and by no other.
    """
    looks: str = page.evaluate(SHAPE)
    return looks


def seen(page: Page) -> list[str]:
    """Return of each element whether it is to be seen, whatever its colours and its place."""
    looks: list[str] = page.evaluate(SEEN)
    return looks


def changed(page: Page, before: list[str]) -> set[str]:
    """Return the markup around all that is to be seen now and wasn't before, or the reverse.

    Where it is empty, two runs of axe can differ by the rules of layout and by no other.
    """
    return set(page.evaluate(SEEN, before))
