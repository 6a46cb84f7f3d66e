/* One router for all keys, with its guards: not in a field, not while a key is held down, not under a dialog (which has its own keys),
   not with Ctrl, Alt or Meta unless said here, and no acceptance within 1.5 s of a case's appearance. */
(() => {
  "use strict";
  const KB = window.KB, { $, view } = KB;
  const CALM_MS = 1500;

  const switchBox = () => document.getElementById("kb-keys-on");
  const keysOn = () => localStorage.getItem("kb-keys") !== "off";
  document.addEventListener("change", (event) => {
    if (event.target === switchBox()) localStorage.setItem("kb-keys", event.target.checked ? "on" : "off");
  });

  const FIELD = "input:not([type=checkbox]):not([type=radio]):not([type=range]),textarea,select,[contenteditable]:not([contenteditable=false])";
  const inField = (target) => !!target.closest?.(FIELD);
  const onControl = (event) => (event.key === "Enter" || event.key === " ") && !!event.target.closest?.("button,a,summary,[role=tab],input");

  const ANYWHERE = { u: () => KB.perform("undo"), n: () => KB.perform("next"), "?": () => { const box = switchBox(); if (box) box.checked = keysOn(); KB.perform("help"); } };
  const LIST = { "/": () => KB.search(), ArrowDown: () => KB.moveRow(1), ArrowUp: () => KB.moveRow(-1), Escape: () => document.querySelector("#kb_cases [data-clear], #kb_cases [data-view=all]")?.click() };
  const REVIEW = {
    a: () => KB.openFor() > CALM_MS && KB.perform("accept"), e: () => KB.perform("edit"), x: () => KB.perform("reject"), r: () => KB.perform("revise"),
    d: () => KB.perform("defer"), f: () => KB.perform("flag"), D: () => KB.perform("defer_note"), F: () => KB.perform("flag_note"), c: () => KB.perform("comment"),
    p: () => KB.perform("previous"), s: () => KB.perform("compare"), v: () => KB.perform("correct"), R: () => KB.perform("again"), m: () => KB.perform("evidence"), o: () => KB.perform("measures"), i: () => KB.perform("invert"),
    g: () => $(".kb-net") && KB.showGraph(KB.VIEWS[(KB.VIEWS.indexOf(view.graph) + 1) % KB.VIEWS.length]),
    "+": () => KB.perform("zoomin"), "-": () => KB.perform("zoomout"), "=": () => KB.perform("fit"),
    ArrowLeft: () => KB.step(-1), ArrowRight: () => KB.step(1),
    " ": () => { if (KB.data.blind) return KB.perform("reveal"); if (held === null && view.before !== view.k) { held = view.k; KB.showCandidate(view.before, true); } },
  };
  let held = null;

  function inDialog(event, dialog) {
    const digit = /^[1-9]$/.test(event.key) && !inField(event.target) ? Number(event.key) : 0;
    if (digit && dialog.id === "kb-reject-dialog") {
      const reason = dialog.querySelectorAll("[data-reason]")[digit - 1];
      if (reason) { event.preventDefault(); KB.reject(reason.dataset.reason); }
    }
    if (dialog.id === "kb-compare-dialog" && event.target.type !== "range") {
      if (digit) KB.compareWith(digit - 1);
      if (event.key === "ArrowLeft" || event.key === "ArrowRight") { event.preventDefault(); KB.compareStep(event.key === "ArrowLeft" ? -1 : 1); }
    }
  }

  /* Works inside a field too. */
  function always(event) {
    const ctrl = event.ctrlKey || event.metaKey;
    if (ctrl && event.key === "Enter" && KB.editing()) return () => KB.perform("save_edit");
    if (ctrl && event.key === "s" && KB.host?.offsetParent) return () => KB.saveDraft();
    if (event.key === "Escape" && KB.editing()) return () => KB.leaveEdit();
    return null;
  }

  function meant(event) {
    if (KB.listShown() && LIST[event.key]) return LIST[event.key];
    if (ANYWHERE[event.key]) return ANYWHERE[event.key];
    if (!KB.host?.offsetParent) return null;
    const preset = event.shiftKey && /^Digit[1-4]$/.test(event.code) ? Number(event.code.slice(5)) : 0;
    if (preset) return () => KB.chooseWindowBy(preset);
    if (/^[1-9]$/.test(event.key)) return () => KB.showCandidate(Number(event.key) - 1);
    return REVIEW[event.key] || null;
  }

  document.addEventListener("keydown", (event) => {
    if (!KB.send) return;
    const dialog = document.querySelector("dialog[open]");
    if (dialog) return inDialog(event, dialog);
    const first = event.repeat ? null : always(event);
    if (first) { event.preventDefault(); event.stopPropagation(); return first(); }
    if (event.repeat && held !== null && event.key === " ") return event.preventDefault();
    if (event.repeat && !event.key.startsWith("Arrow")) return;
    if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target) || !keysOn() || onControl(event)) return;
    if (event.target.closest?.("[role=tablist]:not(.kb-tabs),input[type=range]") && event.key.startsWith("Arrow")) return;
    const action = meant(event);
    if (action) { event.preventDefault(); action(); }
  }, true);

  document.addEventListener("keyup", (event) => {
    if (event.key !== " " || held === null) return;
    KB.showCandidate(held, true);
    held = null;
  }, true);

  KB.ready = true;
})();
