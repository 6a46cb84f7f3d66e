/* The guide through the first case: a step is ticked when it was done, whichever way. It ends by itself, or when it is closed. */
(() => {
  "use strict";
  const KB = window.KB, KEY = "kb-first-case";
  let panel = null;

  KB.mountGuide = (element) => {
    panel = element.querySelector(".kb-first");
    panel.querySelector("button").addEventListener("click", end);
    KB.labelKeys();
    show();
  };

  /* Where somebody may decide, and has not been guided before. */
  function show() {
    if (!panel || localStorage.getItem(KEY) === "off") return;
    panel.hidden = true; // in blind reading Space and the graph do other work: the guide comes with the scores
    if (KB.data.completion && !KB.data.blind && KB.$('.kb-actions [data-do="accept"]:not([disabled])')) panel.hidden = false;
  }
  function end() { localStorage.setItem(KEY, "off"); panel.hidden = true; KB.host?.querySelector(".kb-candidate:not([hidden])")?.focus({ preventScroll: true }); }

  function did(step) {
    const item = panel && !panel.hidden && panel.querySelector(`[data-step=${step}]:not(.done)`);
    if (!item) return;
    item.classList.add("done");
    item.querySelector("b").append(" ✓");
    if (!panel.querySelector("[data-step]:not(.done)")) { panel.querySelector("button").textContent = "Done"; panel.classList.add("all"); localStorage.setItem(KEY, "off"); }
  }

  const told = (name, step, when = () => true) => { const was = KB[name]; KB[name] = (...given) => { if (when(...given)) did(step); return was(...given); }; };
  told("mark", "evidence", (node) => !!node);
  told("showCandidate", "candidate", (k) => k !== KB.view.k);
  told("showGraph", "difference", (name) => name === "difference");
  document.addEventListener("kb-opened", show);
  document.addEventListener("kb-reply", (event) => event.detail.did && did(event.detail.did));
})();
