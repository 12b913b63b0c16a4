// What tests/browser/kinds.py asks of pages: which kinds of elements they show.

// What a style sheet can tell an element by: itself and what it stands in, by name, type, classes
// and the attributes that a sheet names, with what these say where a sheet asks for that.
const kindsBy = (named) => {
  const told = (element) => element.getAttributeNames().filter((name) => name in named).sort()
    .map((name) => named[name] ? `${name}=${element.getAttribute(name)}` : name);
  const kind = (element) =>
    [element.localName, element.type, ...element.classList, ...told(element)].join(" ");
  return (element) => `${element.parentElement ? kind(element.parentElement) : ""} > ${kind(element)}`;
};

// The kinds of the page that is open; their elements are kept.
const ofOpenPage = (named) => {
  const kindOf = kindsBy(named);
  window.kinds = Map.groupBy(document.querySelectorAll("html, body, body *:not(svg *)"), kindOf);
  return [...kinds.keys()];
};

const REFERRING = ["for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-activedescendant"];
const LANDMARKS = "header, footer, nav, main, aside, section, form[aria-label], form[aria-labelledby], [role]";

// The same of pages as they were sent, opened by nobody: with what a screen reader is told of an
// element, where that leads, and what stands beside and before it.
const ofMarkup = (markup, named, spoken) => {
  const page = new DOMParser().parseFromString(markup, "text/html");
  const kindOf = kindsBy(named);
  const all = [...page.querySelectorAll("html, html *:not(svg *)")];
  const ids = Map.groupBy(page.querySelectorAll("[id]"), ({ id }) => id);
  const says = (element, name) => {
    const value = element.getAttribute(name).trim();
    if (!REFERRING.includes(name)) return spoken[name] ? `${name}=${value}` : `${name} ${value ? "given" : "empty"}`;
    return `${name}: ${value.split(/\s+/).map((id) => ids.get(id)?.[0].localName ?? "nothing").join(" ")}`;
  };
  // Which a narrow window can't break.
  const longWord = ({ childNodes }) => [...childNodes].some(({ nodeType, data }) => nodeType === Node.TEXT_NODE && /\S{25}/.test(data));
  const described = (element) => [
    kindOf(element),
    ...element.getAttributeNames().filter((name) => name in spoken).sort().map((name) => says(element, name)),
    element.textContent.trim() ? "" : "without words",
    element.labels?.length === 0 ? "without a label" : "",
    longWord(element) ? "a long word" : "",
  ].join(" | ");
  const name = (element) => element.ariaLabel ?? ids.get(element.getAttribute("aria-labelledby"))?.[0].textContent.trim();
  const landmark = (element) => [element.localName, element.role, name(element)].join(" ");
  const levels = [...page.querySelectorAll("h1, h2, h3, h4, h5, h6")].map(({ localName }) => localName);
  const landmarks = [...page.querySelectorAll(LANDMARKS)].map(landmark);
  return [...new Set([
    ...all.map(described),
    ...[...ids.values()].filter(({ length }) => length > 1).map(([{ localName }]) => `${localName} with another's id`),
    ...levels.map((level, at) => `${level} after ${levels[at - 1]}`),
    ...landmarks.filter((each, at) => landmarks.indexOf(each) !== at).map((each) => `${each.split(" ")[0]} of another's name`),
  ])];
};
