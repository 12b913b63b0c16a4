// Locks the page when nobody has touched it for a while, so that nothing of it stays to be seen.
// The server locks by itself too, at the next request; this file only makes the screen follow.

(() => {
  "use strict";

  const others = new BroadcastChannel("befreg-idle");
  const lock = document.getElementById("lock");
  // The lock page or the sign-in page: whatever other tabs show of a person must go. And when one
  // of them has let somebody in, this page goes where it leads: its form is of no use any more.
  if (!lock) {
    others.addEventListener("message", ({ data }) => { if (data === "open") location.reload(); });
    return others.postMessage("look");
  }
  others.postMessage("open");

  const limit = Number(lock.dataset.idleSeconds ?? 0) * 1000;
  const pause = Math.min(60_000, limit / 5); // at most so often the server is told
  const token = lock.elements.csrfmiddlewaretoken.value;
  let active = Date.now(); // when somebody was last here, as far as this page knows
  let told = active;
  let left = false;

  // Clocks are compared, and no timer is trusted: a machine may have slept meanwhile.
  const idleTooLong = () => {
    const now = Date.now();
    if (now < active) active = told = now; // the clock was put back
    return limit > 0 && now - active >= limit;
  };

  const somebody = () => {
    if (idleTooLong()) return look(); // whoever comes first after the limit unlocks nothing
    active = Date.now();
  };

  const tell = async () => {
    told = Date.now();
    const body = new URLSearchParams({ csrfmiddlewaretoken: token });
    const answer = await fetch(lock.dataset.stillHere, { method: "POST", body }).catch(() => null);
    if (answer && !answer.ok) look();
  };

  // Another tab may know better: somebody was there, or the session is another's by now.
  const look = async () => {
    const answer = await fetch(lock.dataset.stillHere).then((got) => got.json()).catch(() => null);
    if (!answer) return idleTooLong() && leave(true);
    if (answer.person !== Number(lock.dataset.person)) return leave(false);
    if (answer.seconds === 0) return leave(true);
    if (answer.seconds === null) return;
    const heard = Date.now() - limit + answer.seconds * 1000;
    active = Math.max(active, heard);
    told = Math.max(told, heard); // what the server says isn't told back: two tabs would never end
  };

  // Let another form bring along what is half written in this page's own.
  const carry = (form) => {
    const draft = document.querySelector("form[data-draft]");
    if (!draft) return;
    const typed = [...new FormData(draft)].filter(([name, value]) => typeof value === "string" && !(name in form.elements));
    for (const [name, value] of [["draft_path", draft.dataset.draft], ...typed]) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
      form.append(field);
    }
  };

  // A real form, so that the page is replaced. What was half written goes along.
  const leave = (same) => {
    if (left) return;
    left = true;
    document.body.hidden = true;
    if (!same) return location.replace("/");
    carry(lock);
    lock.submit(); // without its button: that one is to change user
  };

  const tick = () => {
    if (idleTooLong()) look();
    else if (limit > 0 && active > told && Date.now() - told >= pause) tell();
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
  document.querySelector("form[action$='/language/']")?.addEventListener("submit", ({ target }) => carry(target));
  setInterval(tick, 1000);
})();
