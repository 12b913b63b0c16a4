// Tells the server that a number has come, and asks for the page of the next call beforehand, so that it is there at once when its link is followed.
// It is that link's own page: what it asks, it asks here too. Without this file, or when nothing came or
// what came is old, the link leads there, a trip later.
//
//   <p hidden data-shown="/till/handouts/5/shown/"></p>   <a href="/till/call/" data-ahead>

(() => {
  "use strict";

  const FRESH_MS = 60_000; // then the board asks anew
  const USED_MS = 300_000; // a till that has heard nothing for so long asks the server first
  const PATIENCE_MS = 4000;
  const PRESSED_MS = 1500; // whoever has pressed the link waits no longer for what was asked for: it leads there itself
  const KEPT_MS = 1500; // until the server has a call that was begun on the page before
  const { nonce } = document.currentScript;
  let coming = null; // what was asked for: its address, when, and a promise of its page
  let used = false;

  // First, or the page of the next call would ask whether this number was lost.
  const shown = document.querySelector("[data-shown]");
  const tell = () => fetch(shown.dataset.shown, { method: "POST", body: new FormData(document.getElementById("lock")), keepalive: true, signal: AbortSignal.timeout(PATIENCE_MS) });
  const told = shown ? tell().catch(() => null) : Promise.resolve();

  // Not a human's doing: it keeps no session open.
  const ask = async (href) => {
    const asked = { headers: { "X-Ahead": "1" }, redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) };
    const answer = await fetch(href, asked).catch(() => null);
    const arrived = Date.now();
    return { arrived, text: answer?.ok ? await answer.text().catch(() => "") : "" };
  };

  const askAhead = () => {
    const href = document.querySelector("a[data-ahead]")?.href;
    const at = Date.now();
    if (href && !used && !(coming?.href === href && at - coming.at < FRESH_MS)) coming = { href, at, page: told.then(() => ask(href)) };
  };

  const isFresh = ({ at }) => Date.now() >= at && Date.now() - at < USED_MS;

  // The call begins now, by the server's clock.
  const beginNow = (field, arrived) => {
    const made = Date.parse(field?.value);
    if (made) field.value = new Date(made + Date.now() - arrived).toISOString();
  };

  // A key that is held down on the link must not send the form.
  const letGo = () => {
    const stop = (event) => { if (event.repeat) event.preventDefault(); };
    document.addEventListener("keydown", stop, { capture: true });
    document.addEventListener("keyup", () => document.removeEventListener("keydown", stop, { capture: true }), { once: true });
  };

  const show = (href, { arrived, text }) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const main = page.querySelector("main");
    if (!main) return location.assign(href);
    letGo();
    history.pushState(null, "", href);
    document.title = page.title;
    const live = document.getElementById("live");
    if (live) htmx.trigger(live, "htmx:abort"); // an answer under way would load the board again
    document.querySelector("main").replaceWith(main);
    // Where the frame's own forms lead back to.
    const { pathname, search } = location;
    for (const field of document.querySelectorAll("header [name=next]")) field.value = pathname + search;
    for (const { src } of page.querySelectorAll("script[src]")) {
      const known = [...document.scripts].some((script) => script.src === src);
      if (!known) document.head.append(Object.assign(document.createElement("script"), { src, nonce }));
    }
    beginNow(main.querySelector("[name=called_at]"), arrived);
    scrollTo(0, 0);
    main.querySelector("[autofocus]")?.focus();
    document.dispatchEvent(new Event("page-shown"));
  };

  const follow = async (event) => {
    const link = event.target.closest?.("a[data-ahead]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (coming?.href !== link.href || !isFresh(coming)) return;
    event.preventDefault();
    if (used) return; // pressed twice
    used = true;
    const late = new Promise((give) => setTimeout(give, PRESSED_MS, { text: "" }));
    const page = await Promise.race([coming.page, late]);
    if (page.text) show(link.href, page);
    else location.assign(link.href);
  };

  document.addEventListener("click", follow);
  const kept = sessionStorage.getItem("call kept");
  sessionStorage.removeItem("call kept");
  if (shown) askAhead();
  else addEventListener("load", () => setTimeout(askAhead, kept ? KEPT_MS : 0));
  document.addEventListener("htmx:afterRequest", askAhead); // the board's, also when nothing was new
})();
