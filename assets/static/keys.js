/* One router for all keys, with its guards: not in a field, not while a key is held down, not under a dialog (which has its own keys),
   not with Ctrl or Meta unless said here, and no acceptance within 1.5 s of a case's appearance. keymap.js says which key does what. */
(() => {
  "use strict";
  const KB = window.KB, { $, view } = KB;
  const CALM_MS = 1500;

  const FIELD = "input:not([type=checkbox]):not([type=radio]):not([type=range]),textarea,select,[contenteditable]:not([contenteditable=false])";
  const inField = (target) => !!target.closest?.(FIELD);
  const onControl = (event) => (event.key === "Enter" || event.key === " ") && !!event.target.closest?.("button,a,summary,[role=tab],input");

  const ANYWHERE = { undo: () => KB.perform("undo"), next: () => KB.perform("next"), help: () => KB.perform("help"), history: () => KB.perform("history") };
  const LIST = { search: () => KB.search() };
  const LIST_KEYS = { ArrowDown: () => KB.moveRow(1), ArrowUp: () => KB.moveRow(-1), Escape: () => document.querySelector("#kb_cases [data-clear], #kb_cases [data-view=all]")?.click() };
  const REVIEW = {
    accept: () => KB.openFor() > CALM_MS && KB.perform("accept"), search: () => KB.find(),
    graph: () => $(".kb-net") && KB.showGraph(KB.VIEWS[(KB.VIEWS.indexOf(view.graph) + 1) % KB.VIEWS.length]),
  };
  for (const action of ["edit", "reject", "revise", "defer", "flag", "defer_note", "flag_note", "comment", "previous", "compare", "correct", "again", "evidence", "measures", "invert", "zoomin", "zoomout", "fit"]) REVIEW[action] = () => KB.perform(action);
  const REVIEW_KEYS = {
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
    if (event.key === "Enter" && event.target.id === "kb-note" && event.target.value.trim()) { event.preventDefault(); KB.reject("other"); }
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
    const key = typed(event), action = KB.actionOf(key);
    if (KB.listShown() && (LIST_KEYS[key] || LIST[action])) return LIST_KEYS[key] || LIST[action];
    if (ANYWHERE[action]) return ANYWHERE[action];
    if (!KB.host?.offsetParent) return null;
    const preset = event.shiftKey && /^Digit[1-4]$/.test(event.code) ? Number(event.code.slice(5)) : 0;
    if (preset) return () => KB.chooseWindowBy(preset);
    if (/^[1-9]$/.test(key)) return () => KB.showCandidate(Number(key) - 1);
    return REVIEW_KEYS[key] || REVIEW[action] || null;
  }

  /* With Alt some keyboards type another sign: then the key itself counts. */
  function typed(event) {
    const letter = event.altKey && /^(?:Key|Digit)(.)$/.exec(event.code)?.[1];
    return letter ? (event.shiftKey ? letter : letter.toLowerCase()) : event.key;
  }

  const single = (event) => !event.ctrlKey && !event.metaKey && event.altKey === !KB.keysOn();

  document.addEventListener("keydown", (event) => {
    if (!KB.send) return;
    const dialog = document.querySelector("dialog[open]");
    if (dialog) return KB.takeKey(event) || inDialog(event, dialog);
    const first = event.repeat ? null : always(event);
    if (first) { event.preventDefault(); event.stopPropagation(); return first(); }
    if (event.repeat && held !== null && event.key === " ") return event.preventDefault();
    if (event.repeat && !event.key.startsWith("Arrow")) return;
    if (!single(event) || inField(event.target) || onControl(event)) return;
    if (event.target.closest?.("[role=tablist]:not(.kb-tabs),input[type=range]") && event.key.startsWith("Arrow")) return;
    const action = meant(event);
    if (action) { event.preventDefault(); action(); }
  }, true);

  document.addEventListener("keyup", (event) => {
    if (event.key !== " " || held === null) return;
    KB.showCandidate(held, true);
    held = null;
  }, true);

  /* A button that was pressed with the mouse keeps no focus: Space and Enter belong to the case again. */
  document.addEventListener("click", (event) => {
    if (event.detail && !document.querySelector("dialog[open]")) event.target.closest?.("button,[role=tab],summary")?.blur();
  });

  KB.ready = true;
})();
