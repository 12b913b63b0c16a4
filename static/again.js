// Sends the form of the page for when there is no answer again, once, after some seconds that one can see pass.

(() => {
  "use strict";

  const form = document.querySelector("form[data-again]");
  if (!form) return;
  const words = [...document.querySelectorAll("[data-again-in]")];
  let left = Number(form.dataset.again);

  const show = () => words.forEach((word) => {
    word.textContent = word.dataset.againIn.replace("#", left);
    word.hidden = false;
  });

  const tick = () => {
    left -= 1;
    if (left > 0) return show();
    clearInterval(timer);
    form.requestSubmit();
  };

  show();
  const timer = setInterval(tick, 1000);
  // A person was quicker: a second sending would only end the first.
  document.addEventListener("submit", () => clearInterval(timer));
})();
