// What makes the pages quicker by hand. Every page does its whole job without this file.

(() => {
  "use strict";

  const typing = (element) => element.matches("input:not([type=radio], [type=checkbox]), textarea, select");

  // A form that must not be left by a letter: one stands in it, or has begun to fill it in.
  const inHand = (form) => form.contains(document.activeElement)
    || [...form.elements].some((field) => field.checked || (field.type !== "hidden" && typing(field) && field.value));

  // A lone key does what its element does; a person may turn the keys off (data-keys on body).
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    const key = event.key.toLowerCase();
    const helping = document.querySelector("#keys:popover-open");
    const choice = !helping && document.querySelector(`[data-choices] input[value="${CSS.escape(key.toUpperCase())}"]`);
    if (choice) return choose(choice, event);
    if (!document.body.hasAttribute("data-keys")) return;
    const wanted = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!wanted || (helping && key !== "?")) return;
    if (wanted.matches("a") && [...document.querySelectorAll("form[data-draft]")].some(inHand)) return;
    event.preventDefault();
    wanted.click();
  };

  // K or M in the choice of sex: chosen, and on to the next field.
  const choose = (choice, event) => {
    event.preventDefault();
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    const fields = [...choice.form.elements].filter((field) => field.type !== "hidden" && field.name !== choice.name && field.tagName !== "FIELDSET");
    fields[0]?.focus();
  };

  // A copy button: its word says for a moment that it is done, or that it can't be.
  const copy = async (button) => {
    const word = button.firstElementChild;
    button.dataset.label ??= word.textContent;
    clearTimeout(button.dataset.timer);
    const copied = await navigator.clipboard.writeText(button.dataset.copy).then(() => true, () => false);
    word.textContent = copied ? button.dataset.copied : button.dataset.failed;
    document.querySelector("[data-copy-said]").textContent = button.textContent;
    button.dataset.timer = setTimeout(() => { word.textContent = button.dataset.label; }, 2000);
  };

  // What is typed into the password fields of a form is shown while its box is ticked.
  const reveal = ({ target }) => {
    for (const field of target.form.querySelectorAll("[autocomplete$=password]")) field.type = target.checked ? "text" : "password";
  };

  // The live board tells when it has lost the server, and since when.
  const stale = (lost) => {
    const notice = document.getElementById("stale");
    if (!notice || notice.hidden === !lost) return;
    const heard = document.querySelector("[data-heard]");
    if (lost) notice.querySelector("[data-last-heard]").textContent = heard.dataset.heard;
    notice.hidden = !lost;
  };

  // Somebody is writing, or was: loading the page anew would lose it.
  const writing = () => [...document.querySelectorAll("main :is(input:not([type=hidden]), textarea)")]
    .some((field) => field === document.activeElement || field.value !== field.defaultValue);

  document.addEventListener("keydown", press);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-print]");
    if (button?.dataset.copy) copy(button);
    else if (button) window.print();
  });
  for (const label of document.querySelectorAll("[data-reveals]")) {
    label.hidden = false;
    label.firstElementChild.addEventListener("change", reveal);
  }
  for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
  for (const hint of document.querySelectorAll("[data-print-hint]")) hint.hidden = true;
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  for (const failed of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failed, (event) => { if (event.target.id === "live") stale(true); });
  }
  // What the board shows around its live part is old. Its new page waits for who is writing there.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.target.id !== "live" || event.detail.xhr.getResponseHeader("HX-Refresh") !== "true") return;
    stale(false);
    if (!writing()) return;
    event.preventDefault();
    document.getElementById("waiting").hidden = false;
  });
  // A quick hand has typed before htmx listens: what stands there by then is checked all the same.
  document.addEventListener("htmx:load", ({ target }) => {
    for (const field of target.querySelectorAll("[hx-trigger$=early] input:not([type=hidden])")) {
      if (field.value !== field.defaultValue) htmx.trigger(field.closest("[hx-trigger]"), "early");
    }
  });
  // A refresh keeps the table where it was scrolled to, and says aloud only what is new.
  let scrolled = 0;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id === "live") scrolled = event.target.querySelector(".scroll")?.scrollLeft ?? 0;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "live") return;
    stale(false);
    const table = event.target.querySelector(".scroll");
    if (table) table.scrollLeft = scrolled;
    const news = event.target.querySelector("[data-news]")?.textContent.trim() ?? "";
    const said = document.getElementById("said");
    if (said.textContent !== news) said.textContent = news;
  });
})();
