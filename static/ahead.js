// Tells the server that a number has come, and asks for the page of the next call beforehand, so that it is there at once when its link is followed.
// It is that link's own page: what it asks, it asks here too. Without this file, or when nothing came or
// what came is old, the link leads there, a trip later.
//
// What answers a call's form takes the form's place likewise, so that an old computer loads no new page. A number has its own
// address, so a reload sends nothing. A question or a refusal stays at the form's: a reload there offers what was sent, with its
// key (idle.js). Without an answer that can be shown the form is sent as without this file: the same key, so the same answer.
//
//   <p hidden data-shown="/till/handouts/5/shown/"></p>   <a href="/till/call/" data-ahead>   <form data-in-place>

(() => {
  "use strict";

  const FRESH_MS = 60_000; // then the board asks anew
  const USED_MS = 300_000; // a till that has heard nothing for so long asks the server first
  const PATIENCE_MS = 4000;
  const ANSWER_MS = 8000; // then the form is sent as if this file weren't there
  const PRESSED_MS = 1500; // whoever has pressed the link waits no longer for what was asked for: it leads there itself
  const KEPT_MS = 1500; // until the server has a call that was begun on the page before
  const { nonce } = document.currentScript;
  let coming = null; // what was asked for: its address, when, and a promise of its page
  let used = false;

  // First, or the page of the next call would ask whether this number was lost.
  const tell = async () => {
    const shown = document.querySelector("[data-shown]");
    if (!shown) return;
    await fetch(shown.dataset.shown, { method: "POST", body: new FormData(document.getElementById("lock")), keepalive: true, signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
  };
  let told = tell();

  // Screen readers say what a new page is called; what takes a page's place says it here.
  const says = Object.assign(document.createElement("p"), { className: "sr" });
  says.setAttribute("aria-live", "polite");
  document.body.append(says);

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

  // What the page is for, behind "?".
  const renewHelp = (page) => {
    const purpose = page.querySelector("[data-purpose]");
    if (purpose) document.querySelector("[data-purpose]")?.replaceWith(purpose);
  };

  // Outage, drill and tabs as the page says them. What has the lock stays: idle.js holds it.
  const renewFrame = (page) => {
    const top = document.querySelector("header > .top");
    const theirs = page.querySelector("header > .top");
    top.querySelector("nav")?.replaceWith(theirs.querySelector("nav") ?? "");
    theirs.replaceWith(top);
    document.querySelector("header").replaceWith(page.querySelector("header"));
  };

  // Let it take the place of what is shown. Returns its new main part.
  const place = (page, href) => {
    const main = page.querySelector("main");
    letGo();
    if (href) history.pushState(null, "", href);
    else history.replaceState(null, "", location.href);
    document.title = says.textContent = page.title;
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
    return main;
  };

  const isShown = (main, answers) => {
    scrollTo(0, 0);
    main.querySelector("[autofocus]")?.focus();
    document.dispatchEvent(new CustomEvent("page-shown", { detail: { answers } }));
  };

  const parsed = (text) => new DOMParser().parseFromString(text, "text/html");

  const show = (href, { arrived, text }) => {
    const page = parsed(text);
    if (!page.querySelector("main")) return location.assign(href);
    renewHelp(page);
    const main = place(page, href);
    beginNow(main.querySelector("[name=called_at]"), arrived);
    isShown(main, true);
  };

  const hasFrame = (page) => page.querySelector("main") && page.querySelector("header > .top") && page.body.className === document.body.className;

  const showAnswer = (page) => {
    const { address } = page.body.dataset;
    renewHelp(page);
    renewFrame(page);
    isShown(place(page, address), Boolean(address));
    if (!address) return;
    used = false;
    coming = null;
    told = tell();
    askAhead();
  };

  const answerInPlace = async (event) => {
    const form = event.target;
    if (!form.matches("[data-in-place]") || event.defaultPrevented || event.submitter?.name) return;
    event.preventDefault();
    const sent = { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual", signal: AbortSignal.timeout(ANSWER_MS) };
    form.inert = true; // what is sent once more is what was sent
    const answer = await fetch(form.action, sent).catch(() => null);
    const page = parsed(answer ? await answer.text().catch(() => "") : "");
    if (!form.isConnected) return;
    if (hasFrame(page)) return showAnswer(page);
    // The proxy's own page: whoever has waited for it waits for no second one.
    if (answer?.status >= 500) return document.documentElement.replaceWith(page.documentElement);
    form.inert = false;
    form.submit();
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
  document.addEventListener("submit", answerInPlace); // after befreg.js, which asks for the page
  const kept = sessionStorage.getItem("call kept");
  sessionStorage.removeItem("call kept");
  if (document.querySelector("[data-shown]")) askAhead();
  else addEventListener("load", () => setTimeout(askAhead, kept ? KEPT_MS : 0));
  document.addEventListener("htmx:afterRequest", askAhead); // the board's, also when nothing was new
})();
