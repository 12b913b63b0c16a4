// The ward field: lists wards that fit while somebody types, by the ARIA combobox pattern. Without
// this file, or when the server doesn't answer, it is a text field that the form checks when sent.
//
//   <input name="ward" data-combobox="/wards/search/">      answers: <li role="option" data-value="…">
//
// A practised person types three letters, ↓ and Enter before an answer can arrive. These keys wait
// for the answer to the field's text: an older list could have another ward in that place.
//
// When a single ward is left, it is marked: Enter or Tab takes it and goes on to the next field; in a
// form with data-enter-sends, Enter sends it too. An Enter pressed before the list is there takes
// nothing that nobody has seen: the form is sent as typed, and the server asks.

(() => {
  "use strict";

  const PAUSE_MS = 120; // after the last key
  const PATIENCE_MS = 4000; // with the server

  const element = (name, attributes) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  // Put the list and its message beside the field, which keeps its place and its focus.
  const dress = (input) => {
    const focused = document.activeElement === input;
    const list = element("ul", { id: `${input.id}-list`, role: "listbox", hidden: "" });
    const says = element("p", { class: "sr", "aria-live": "polite" });
    const box = element("div", { class: "combobox" });
    input.replaceWith(box);
    box.append(input, list, says);
    const role = { role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
    for (const [key, value] of Object.entries(role)) input.setAttribute(key, value);
    if (focused) input.focus();
    return [list, says];
  };

  const nextField = (input) => {
    const fields = [...input.form.elements];
    const later = fields.slice(fields.indexOf(input) + 1);
    return later.find((field) => !field.matches("fieldset, [type=hidden], [type=radio], :disabled"));
  };

  const enhance = (input) => {
    if (input.matches("[role=combobox]") || !input.form) return;
    const [list, says] = dress(input);
    let options = [];
    let active = -1;
    let moved = false; // somebody has moved in the list, and chooses
    let pause = 0; // the timer of the next question
    let question = null; // the one under way
    let keys = []; // what keys pressed before its answer will do

    const mark = (index) => {
      options[active]?.setAttribute("aria-selected", "false");
      active = index;
      options[active]?.setAttribute("aria-selected", "true");
      options[active]?.scrollIntoView({ block: "nearest" });
      if (options[active]) input.setAttribute("aria-activedescendant", options[active].id);
      else input.removeAttribute("aria-activedescendant");
    };

    const move = (step) => {
      moved = true;
      const count = options.length;
      if (count) mark(active < 0 ? (step > 0 ? 0 : count - 1) : (active + step + count) % count);
    };

    const show = (found, text) => {
      mark(-1);
      moved = false;
      options = found;
      list.replaceChildren(...found);
      list.setAttribute("aria-label", text); // not the field's name, which would be read twice
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(Boolean(found.length)));
      says.textContent = text;
      says.className = found.length ? "sr" : "quiet"; // the list itself shows how many there are
    };

    // Drop the question under way, and the keys that wait for its answer.
    const forget = () => {
      clearTimeout(pause);
      question?.abort();
      pause = 0;
      question = null;
      keys = [];
    };

    const close = () => {
      forget();
      show([], "");
    };

    const take = (option) => {
      input.value = option.dataset.value;
      close();
      input.dispatchEvent(new Event("change", { bubbles: true }));
    };

    const choose = (option) => {
      take(option);
      nextField(input)?.focus();
    };

    const enter = () => {
      const option = options[active];
      if (option && (moved || !("enterSends" in input.form.dataset))) return choose(option);
      if (option) take(option);
      input.form.requestSubmit(); // as Enter does in any field
    };

    const answered = (html) => {
      const pieces = [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("li")];
      const text = pieces.find((piece) => "says" in piece.dataset)?.textContent ?? "";
      show(pieces.filter((piece) => piece.matches("[role=option]")), text);
      if (options.length === 1) mark(0);
      const pressed = keys;
      keys = [];
      for (const key of pressed) key();
    };

    const ask = async () => {
      clearTimeout(pause);
      pause = 0;
      question?.abort();
      const mine = new AbortController();
      question = mine;
      const patience = setTimeout(() => mine.abort(), PATIENCE_MS);
      try {
        const query = new URLSearchParams({ ward: input.value });
        // A redirect leads to the sign-in page: no list.
        const answer = await fetch(`${input.dataset.combobox}?${query}`, { signal: mine.signal, redirect: "error" });
        const html = answer.ok ? await answer.text() : "";
        if (question !== mine) return;
        question = null;
        answered(html);
      } catch {
        if (question === mine) close();
      } finally {
        clearTimeout(patience);
      }
    };

    const whenAnswered = (key) => {
      if (!pause && !question) return key();
      keys.push(key);
      if (pause) ask();
    };

    const press = (event) => {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && input.value.trim()) {
        event.preventDefault();
        if (list.hidden && !pause && !question) ask();
        whenAnswered(() => move(step));
      } else if (event.key === "Enter" && (active >= 0 || keys.length)) {
        event.preventDefault(); // the choice first
        whenAnswered(enter);
      } else if (event.key === "Tab" && !event.shiftKey && active >= 0 && !moved) {
        take(options[active]); // and Tab goes on to the next field
      } else if (event.key === "Escape" && (!list.hidden || says.textContent)) {
        event.preventDefault();
        event.stopPropagation();
        close();
      }
    };

    input.addEventListener("keydown", press);
    input.addEventListener("input", () => {
      forget();
      mark(-1);
      if (!input.value.trim()) return close();
      pause = setTimeout(ask, PAUSE_MS);
    });
    input.addEventListener("blur", close);
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps focus
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) choose(option);
    });
  };

  const enhanceAll = (root) => root.querySelectorAll("[data-combobox]").forEach(enhance);
  enhanceAll(document);
  document.addEventListener("htmx:load", (event) => enhanceAll(event.target));
  document.addEventListener("page-shown", () => enhanceAll(document)); // by ahead.js
})();
