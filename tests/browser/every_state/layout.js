// What tests/browser/every_state/test_layout.py asks of a page. Each function returns complaints, in words.

(() => {
  "use strict";

  const TARGETS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=option]";
  const LEAST = 24; // WCAG 2.2, 2.5.8
  const SLACK = 0.5; // what is rounded

  const called = (element) => {
    const words = (element.innerText || element.value || element.name || "").trim().replace(/\s+/g, " ");
    const kind = [element.localName, ...element.classList].join(".");
    return `${kind}${element.id && `#${element.id}`} “${words.slice(0, 40)}”`;
  };

  const shown = (element) => {
    const { width, height } = element.getBoundingClientRect();
    // What is there for a screen reader alone is one pixel large.
    return element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && width > 1 && height > 1;
  };

  // --- sideways ---

  const sideways = () => {
    const complaints = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
      const edge = (element) => element.getBoundingClientRect().right;
      const wide = [...document.querySelectorAll("body *")]
        .filter((element) => edge(element) > clientWidth + SLACK && !element.closest(".scroll"))
        .filter((element) => ![...element.children].some((child) => edge(child) > clientWidth + SLACK));
      complaints.push(`the page is ${scrollWidth} px wide and not ${clientWidth}: ${wide.slice(0, 4).map(called).join(", ")}`);
    }
    for (const element of document.querySelectorAll("body *:not(.scroll, input, textarea)")) {
      const scrolls = ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
      if (scrolls && element.scrollWidth > element.clientWidth) complaints.push(`scrolls by itself: ${called(element)}`);
    }
    return complaints;
  };

  // --- targets ---

  // A label is as good to press as the box or the circle inside it.
  const boxes = (element) => {
    const whole = ["checkbox", "radio"].includes(element.type) ? [element, ...element.labels] : [element];
    return whole.map((part) => part.getBoundingClientRect());
  };

  // In a sentence: set in a line that has words of its own.
  const inSentence = (element) => {
    let block = element;
    while (getComputedStyle(block).display === "inline") block = block.parentElement;
    if (block === element) return false;
    const texts = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      if (/[\p{L}\p{N}]/u.test(text.data) && !text.parentElement.closest(TARGETS)) return true;
    }
    return false;
  };

  const small = () => [...document.querySelectorAll(TARGETS)]
    .filter((element) => shown(element) && !inSentence(element))
    .flatMap((element) => {
      const all = boxes(element);
      const width = Math.max(...all.map((box) => box.width));
      const height = Math.max(...all.map((box) => box.height));
      const fits = Math.min(width, height) >= LEAST - SLACK;
      return fits ? [] : [`${width.toFixed(0)} × ${height.toFixed(0)} px: ${called(element)}`];
    });

  // --- focus ---

  const PROPERTIES = ["outline", "boxShadow", "border", "background", "textDecoration"];
  const look = (element) => {
    const style = getComputedStyle(element);
    return PROPERTIES.map((property) => style[property]).join(" | ");
  };
  // A box that is hidden under its label shows its focus there.
  const looks = (element) => [element, ...(element.labels ?? [])].map(look).join(" || ");

  const stops = () => [...document.querySelectorAll(`${TARGETS}, [tabindex="0"]`)].filter((element) =>
    element.tabIndex >= 0 && !element.disabled && element.checkVisibility({ visibilityProperty: true }));

  let before = new Map();
  let seen = new Map();

  const watchFocus = () => {
    // From the very beginning, wherever the page has put the focus: blur alone would go on there.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    const all = stops();
    before = new Map(all.map((element) => [element, looks(element)]));
    seen = new Map();
    document.addEventListener("focusin", ({ target }) => {
      if (!seen.has(target)) seen.set(target, [looks(target), shown(target)]);
    });
    return all.length;
  };

  // A group of circles is one stop.
  const another = (element) => element.type === "radio" && [...seen.keys()].some((other) => other.name === element.name);

  const unseenFocus = () => {
    const complaints = [];
    for (const [element, [look, isShown]] of seen) {
      if (!isShown) complaints.push(`has focus and isn't there: ${called(element)}`);
      else if (look === before.get(element)) complaints.push(`has focus and looks the same: ${called(element)}`);
    }
    for (const element of before.keys()) {
      if (!seen.has(element) && !another(element)) complaints.push(`is never reached: ${called(element)}`);
    }
    return complaints;
  };

  // --- on paper: asked while the page is shown as a printer gets it ---

  const PRESSED = "button, .ds-button, nav, input, select, textarea";
  const TITLE = "h1, h2, h3, h4";
  const LEVEL = (heading) => Number(heading.localName.slice(1));
  const onPaper = (element) => shown(element) && !element.closest(".printed");

  // A heading that the next of its level or above follows at once.
  const alone = () => {
    const complaints = [];
    let last = null;
    const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    while (all.nextNode()) {
      const node = all.currentNode;
      const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
      if (node.nodeType === Node.TEXT_NODE ? !node.data.trim() : !element.matches(`${TITLE}, svg, td`)) continue;
      if (!shown(element)) continue;
      const heading = element.closest(`:is(${TITLE}):not(li *)`); // what is listed may be all of its item
      if (!heading) last = null;
      else if (heading !== last) {
        if (last && LEVEL(heading) <= LEVEL(last)) complaints.push(`nothing under: ${called(last)}`);
        last = heading;
      }
    }
    if (last && last.localName !== "h1") complaints.push(`nothing under: ${called(last)}`);
    return complaints;
  };

  const printed = () => {
    const over = [...document.querySelectorAll("body *")].filter((element) =>
      ["fixed", "sticky"].includes(getComputedStyle(element).position) && shown(element));
    return [
      ...[...document.querySelectorAll(PRESSED)].filter(onPaper).map((each) => `can be pressed: ${called(each)}`),
      ...over.map((each) => `lies over others: ${called(each)}`),
      ...alone(),
      ...sideways(),
    ];
  };

  window.layout = { sideways, small, watchFocus, unseenFocus, printed };
})();
