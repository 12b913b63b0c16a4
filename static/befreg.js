// Keys, copy buttons and the live board's notices. Every page does its whole job without this file.

(() => {
  "use strict";

  // The one way in which text becomes elements: the server's answers, parsed apart from the page, where
  // no script of theirs runs. And scripts come from the folder of this file alone. See settings.py.
  const folder = new URL(".", document.currentScript.src).href;
  const apart = ["DOMParser parseFromString", "Document parseHTMLUnsafe"];
  window.trustedTypes?.createPolicy("default", {
    createHTML: (text, type, sink) => apart.includes(sink) ? text : null,
    createScriptURL: (address) => new URL(address, location.href).href.startsWith(folder) ? address : null,
  });

  // This page is the answer to a form. With its own address a reload sends nothing again.
  const { address } = document.body.dataset;
  if (address) history.replaceState(null, "", address);
  // Back and forward between a page and one that took its place (ahead.js) only change the address.
  const here = () => location.pathname + location.search;
  let stands = here();
  document.addEventListener("page-shown", () => { stands = here(); });
  addEventListener("popstate", () => { if (here() !== stands) location.reload(); });
  // A form asks for the page that it leads to, without a redirect.
  document.addEventListener("submit", ({ target }) => {
    if (target.method !== "post" || "straight" in target.elements) return;
    target.append(Object.assign(document.createElement("input"), { type: "hidden", name: "straight", value: "1" }));
  });

  const typing = (element) => element.matches("input:not([type=radio], [type=checkbox]), textarea, select");

  // A form that a lone key must not leave: it has the focus, or somebody has begun to fill it in.
  const inHand = (form) => form.contains(document.activeElement)
    || [...form.elements].some((field) => field.checked || (field.type !== "hidden" && typing(field) && field.value));

  // What was sent and waits for its answer (ahead.js) is inert, for a key too: it may have to be sent once more, as it was.
  const pressable = (selector) => [...document.querySelectorAll(selector)].find((element) => !element.closest("[inert]"));

  // A lone key clicks its element; a person can turn these keys off (data-keys on body).
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const key = event.key.toLowerCase();
    const chosen = `[data-choice="${CSS.escape(key.toUpperCase())}"]`;
    const option = event.target.matches("select") && event.target.querySelector(`option${chosen}`);
    if (option) return choose(option, event.target, event);
    if (key === "+" && more(event)) return;
    if (typing(event.target)) return;
    const helping = document.querySelector("#keys:popover-open");
    const choice = !helping && pressable(`input${chosen}`);
    if (choice) return choose(choice, choice, event);
    if (!document.body.hasAttribute("data-keys")) return;
    const wanted = pressable(`[data-key="${CSS.escape(key)}"]`);
    if (!wanted || (helping && key !== "?")) return;
    // Nobody starts an outage by a stray key: its form must have a tick.
    if ("begun" in wanted.dataset && !wanted.form.querySelector(":checked")) return;
    if (wanted.matches("a") && [...document.querySelectorAll("form[data-draft]")].some(inHand)) return;
    event.preventDefault();
    wanted.click();
  };

  // The key of a choice, as K of the sex: make it and go to the next field.
  const choose = (choice, field, event) => {
    event.preventDefault();
    if (field === choice) choice.checked = true;
    else choice.selected = true;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    const fields = [...field.form.elements].filter(({ type, tagName }) => type !== "hidden" && tagName !== "FIELDSET");
    const last = fields.findLastIndex((other) => other === field || (other.type === "radio" && other.name === field.name));
    fields[last + 1]?.focus();
  };

  // One more patient: from where nobody types a plus, so not from a telephone number.
  const more = (event) => {
    const button = document.body.hasAttribute("data-keys") && pressable("[data-more]");
    if (!button || (typing(event.target) && !["sex", "age_group", "place", "caller"].includes(event.target.name))) return false;
    event.preventDefault();
    button.click();
    return true;
  };

  // A copy button: its label says for a moment whether the text was copied.
  const copy = async (button) => {
    const word = button.firstElementChild;
    button.dataset.label ??= word.textContent;
    clearTimeout(button.dataset.timer);
    const copied = await navigator.clipboard.writeText(button.dataset.copy).then(() => true, () => false);
    word.textContent = copied ? button.dataset.copied : button.dataset.failed;
    document.querySelector("[data-copy-said]").textContent = button.textContent;
    button.dataset.timer = setTimeout(() => { word.textContent = button.dataset.label; }, 2000);
  };

  // A form's password fields are readable while its box is ticked.
  const reveal = ({ target }) => {
    for (const field of target.form.querySelectorAll("[autocomplete$=password]")) field.type = target.checked ? "text" : "password";
  };

  // The live board shows a notice while the server can't be reached, and since when.
  const stale = (lost) => {
    const notice = document.getElementById("stale");
    if (!notice || notice.hidden === !lost) return;
    const heard = document.querySelector("[data-heard]");
    if (lost) notice.querySelector("[data-last-heard]").textContent = heard.dataset.heard;
    notice.hidden = !lost;
  };

  // Somebody is writing, or has written: loading the page again would lose the text.
  const writing = () => [...document.querySelectorAll("main :is(input:not([type=hidden], [type=checkbox]), textarea)")]
    .some((field) => field === document.activeElement || field.value !== field.defaultValue);

  // The number is hidden while somebody types what a caller reads back, and comes back with Escape.
  const reads = () => document.querySelector("[data-hides-number]");
  const hide = (hidden) => {
    document.body.toggleAttribute("data-typing", hidden);
    const hint = document.querySelector("[data-hidden-hint]");
    if (hint) hint.hidden = !hidden;
  };
  const hideWhileTyped = () => hide(Boolean(reads()?.value));
  document.addEventListener("input", ({ target }) => { if (target === reads()) hideWhileTyped(); });
  document.addEventListener("keydown", ({ key, target }) => { if (key === "Escape" && target === reads()) hide(false); });
  addEventListener("pageshow", hideWhileTyped); // by the browser, Back too

  document.addEventListener("keydown", press);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-print]");
    if (button?.dataset.copy) copy(button);
    else if (button) window.print();
  });
  const prepare = () => {
    for (const label of document.querySelectorAll("[data-reveals]")) {
      label.hidden = false;
      label.firstElementChild.addEventListener("change", reveal);
    }
    for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
    for (const hint of document.querySelectorAll("[data-print-hint]")) hint.hidden = true;
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  };
  prepare();
  document.addEventListener("page-shown", () => { // by ahead.js
    prepare();
    hideWhileTyped();
  });
  for (const failed of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failed, (event) => { if (event.target.id === "live") stale(true); });
  }
  // Nothing is new: what is shown is as of now.
  document.addEventListener("htmx:beforeOnLoad", ({ target, detail: { xhr } }) => {
    if (target.id !== "live" || xhr.status !== 204) return;
    stale(false);
    const heard = document.querySelector("[data-heard]");
    heard.dataset.heard = heard.querySelector("[data-time]").textContent = xhr.getResponseHeader("Heard");
  });
  // The page around the board's live part is old. Don't load it again while somebody writes there.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.target.id !== "live" || event.detail.xhr.getResponseHeader("HX-Refresh") !== "true") return;
    stale(false);
    if (!writing()) return;
    event.preventDefault();
    document.getElementById("waiting").hidden = false;
  });
  // Check also what was typed before htmx listened.
  document.addEventListener("htmx:load", ({ target }) => {
    for (const field of target.querySelectorAll("[hx-trigger$=early] input:not([type=hidden])")) {
      if (field.value !== field.defaultValue) htmx.trigger(field.closest("[hx-trigger]"), "early");
    }
  });
  // A refresh keeps the table's scroll position, and announces only what is new.
  let scrolled = 0;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id === "live") scrolled = event.target.querySelector(".scroll")?.scrollLeft ?? 0;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "live") return;
    stale(false);
    const table = event.target.querySelector(".scroll");
    if (table) table.scrollLeft = scrolled;
    const outside = document.querySelector("#outside [data-news]");
    const news = (outside ?? event.target.querySelector("[data-news]"))?.textContent.trim() ?? "";
    const said = document.getElementById("said");
    if (said.textContent !== news) said.textContent = news;
  });
})();
