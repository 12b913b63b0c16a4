// The key of an enrolled workstation. It is made in this browser and can't leave it: the server knows
// its public half, and asks for a signature where somebody signs in or unlocks.
//
// Without this file, or without WebCrypto, a computer is enrolled by its cookie alone; one that has a
// key and can't show it takes the password.

(() => {
  "use strict";

  const STORE = "befreg-till"; // the database that stays when the browser forgets a person
  const KIND = { name: "ECDSA", namedCurve: "P-256" };
  const form = document.querySelector("form[data-challenge]");
  if (!form || !globalThis.crypto?.subtle || !globalThis.indexedDB) return;

  const asked = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

  const opened = () => {
    const request = indexedDB.open(STORE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("keys");
    return asked(request);
  };

  const keep = async (key) => {
    const writing = (await opened()).transaction("keys", "readwrite", { durability: "strict" });
    writing.objectStore("keys").put(key, "own");
    return new Promise((done, failed) => { writing.oncomplete = done; writing.onerror = failed; });
  };

  const own = async () => asked((await opened()).transaction("keys").objectStore("keys").get("own"));

  const written = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

  const sign = async (key) => {
    const text = new TextEncoder().encode(form.dataset.challenge);
    const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, text);
    form.elements.proof.value = `${form.dataset.challenge} ${written(signature)}`;
  };

  const enrol = async () => {
    const pair = await crypto.subtle.generateKey(KIND, false, ["sign", "verify"]);
    await keep(pair.privateKey);
    form.elements.public_key.value = written(await crypto.subtle.exportKey("spki", pair.publicKey));
    await sign(pair.privateKey);
  };

  // The server lets this browser keep its stores, because the key lies there: what else lies there may
  // be a former person's, and goes.
  const forget = async () => {
    sessionStorage.clear();
    localStorage.clear();
    for (const name of await globalThis.caches?.keys() ?? []) await caches.delete(name);
    for (const { name } of await indexedDB.databases?.() ?? []) if (name !== STORE) indexedDB.deleteDatabase(name);
  };

  const prove = async () => {
    if ("clears" in form.dataset) await forget();
    const key = await own();
    if (key) await sign(key);
  };

  const done = "public_key" in form.elements ? enrol() : prove();
  done.catch(() => {}).finally(() => { form.dataset.ready = ""; });
})();
