// Locks the page when nobody has used it for a while, so that nothing of it can be seen. The server
// locks by itself too, at the next request; this file only makes the screen follow.

(() => {
  "use strict";

  const KEPT = "call kept"; // likewise, until the next page: see ahead.js
  const SENT = "call sent"; // in the tab's storage, until an answer is there
  const others = new BroadcastChannel("befreg-idle");
  const lock = document.getElementById("lock");
  // This is the lock page or the sign-in page, so other tabs must no longer show a person's data. When
  // somebody signs in there, this page reloads, because its form is no longer needed.
  if (!lock) {
    others.addEventListener("message", ({ data }) => { if (data === "open") location.reload(); });
    return others.postMessage("look");
  }
  others.postMessage("open");

  const limit = Number(lock.dataset.idleSeconds ?? 0) * 1000;
  const pause = Math.min(60_000, limit / 5); // how often the server is told at most
  const token = lock.elements.csrfmiddlewaretoken.value;
  let active = Date.now(); // when somebody was last here, as far as this page knows
  let reported = active; // when the server last knew
  let left = false;

  // Compare clock times and don't rely on timers: the machine may have slept meanwhile.
  const idleTooLong = () => {
    const now = Date.now();
    if (now < active) active = reported = now; // the clock was put back
    return limit > 0 && now - active >= limit;
  };

  const somebody = () => {
    if (idleTooLong()) return look(); // after the limit, activity doesn't keep the page open
    active = Date.now();
  };

  const report = async () => {
    reported = Date.now();
    const body = new URLSearchParams({ csrfmiddlewaretoken: token });
    const answer = await fetch(lock.dataset.stillHere, { method: "POST", body }).catch(() => null);
    if (answer && !answer.ok) look();
  };

  // Ask the server: somebody may have been active in another tab, or another person has signed in.
  const look = async () => {
    const answer = await fetch(lock.dataset.stillHere).then((got) => got.json()).catch(() => null);
    if (!answer) return idleTooLong() && leave(true);
    if (answer.person !== Number(lock.dataset.person)) return leave(false);
    if (answer.seconds === 0) return leave(true);
    if (answer.seconds === null) return;
    const heard = Date.now() - limit + answer.seconds * 1000;
    active = Math.max(active, heard);
    reported = Math.max(reported, heard); // not reported back, or two tabs would keep each other awake
  };

  // Copy the page's draft into another form, so that it is sent along.
  const carry = (form) => {
    const draft = document.querySelector("form[data-draft]");
    if (!draft) return;
    const typed = [...new FormData(draft)].filter(([name, value]) => typeof value === "string" && !(name in form.elements));
    for (const [name, value] of [["draft_path", draft.dataset.draft], ...typed]) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
      form.append(field);
    }
  };

  // Send a real form, so that the page is replaced; the draft goes along.
  const leave = (same) => {
    if (left || !lock.isConnected) return; // the proxy's page (ahead.js) shows nothing of anybody, and has no lock to send
    left = true;
    document.body.hidden = true;
    if (!same) {
      sessionStorage.clear(); // another person may be here, and this tab's is the former's
      return location.replace("/");
    }
    carry(lock);
    lock.submit(); // without its button, which is for changing the user
  };

  // A call that is begun is kept for its person as it is typed, so also when the browser crashes, and
  // offered when the next one is begun.
  let begun = null;
  let sent = false;
  let waiting = 0; // the timer of what is still to be kept
  const says = (field) => field.checked || (field.matches("select") && field.value)
    || (field.matches("input:not([type=hidden])") && field.value !== field.defaultValue);
  const keep = () => {
    clearTimeout(waiting);
    waiting = 0;
    if (left || !begun || ![...begun.elements].some(says)) return;
    const typed = new FormData(begun);
    typed.set("draft_path", begun.dataset.draft);
    navigator.sendBeacon(lock.dataset.stillHere, typed);
  };
  const begin = () => {
    begun = document.querySelector("form[data-draft]");
    begun?.addEventListener("change", () => { waiting ||= setTimeout(keep, 500); });
    begun?.addEventListener("submit", () => {
      if (waiting) keep();
      sent = true;
      sessionStorage.setItem(SENT, new URLSearchParams(new FormData(begun)).toString());
    });
    document.querySelector("form[data-forgets]")?.addEventListener("submit", () => {
      clearTimeout(waiting);
      sent = true;
    });
  };
  begin();
  document.addEventListener("page-shown", ({ detail }) => { // by ahead.js
    begin();
    sent = false;
    if (detail.answers) sessionStorage.removeItem(SENT);
  });
  // Any page but an empty form is an answer. Back at an empty form, the one that was sent never arrived:
  // it is offered with its key. Locking and signing out clear the storage.
  const unanswered = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (unanswered && begun && location.pathname === begun.dataset.draft) {
    const body = new URLSearchParams(unanswered);
    body.set("csrfmiddlewaretoken", token);
    body.set("draft_path", begun.dataset.draft);
    sent = true;
    fetch(lock.dataset.stillHere, { method: "POST", body }).then(() => location.replace(begun.dataset.draft), () => {});
  }
  window.addEventListener("pagehide", () => {
    if (!begun || sent) return;
    keep();
    sessionStorage.setItem(KEPT, "1");
  });

  const tick = () => {
    if (idleTooLong()) look();
    else if (limit > 0 && active > reported && Date.now() - reported >= pause) report();
  };

  let at = "";
  document.addEventListener("pointermove", (event) => {
    const here = `${event.screenX} ${event.screenY}`;
    if (at && at !== here) somebody(); // the page may move under a pointer that lies still
    at = here;
  });
  for (const act of ["pointerdown", "keydown", "wheel", "input"]) document.addEventListener(act, somebody, { capture: true, passive: true });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  others.addEventListener("message", ({ data }) => { if (data === "look") look(); });
  document.querySelector("form[action$='/language/']")?.addEventListener("submit", ({ target }) => {
    sent = true;
    carry(target);
  });
  setInterval(tick, 1000);
})();
