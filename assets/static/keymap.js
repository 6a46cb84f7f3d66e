/* Which key does what. A person may give an action another key, or switch the single keys off (then Alt and the key do it). The choice
   is kept in this browser; nothing of a case is. The first keys stand in the help dialog, which the server makes. */
(() => {
  "use strict";
  const KB = window.KB, MAP = "kb-keymap", SWITCH = "kb-keys";
  const TAKEN = /^[0-9 ]$/; // candidates, reasons, reveal

  const dialog = () => document.getElementById("kb-help-dialog");
  const faces = () => [...(dialog()?.querySelectorAll("[data-key]") || [])];
  const shown = (key) => (key.length === 1 && key !== key.toLowerCase() ? `Shift+${key}` : key.toUpperCase());
  const told = (text) => { const line = document.getElementById("kb-keys-told"); if (line) { line.dataset.first ??= line.textContent; line.textContent = text || line.dataset.first; } };

  /* Only what is well-formed counts: the store of a browser is written by others too. */
  function changed() {
    try {
      const kept = Object.entries(JSON.parse(localStorage.getItem(MAP) || "{}"));
      return Object.fromEntries(kept.filter(([, key]) => typeof key === "string" && [...key].length === 1 && !TAKEN.test(key)));
    } catch { return {}; }
  }

  let actions = null; // key -> action
  function read() {
    const mine = changed();
    actions = new Map(faces().map((face) => [mine[face.dataset.key] || face.dataset.first, face.dataset.key]));
    return actions;
  }
  const keyOf = (action) => [...(actions || read())].find(([, named]) => named === action)?.[0];

  KB.keysOn = () => localStorage.getItem(SWITCH) !== "off";
  KB.actionOf = (key) => (actions || read()).get(key);

  /* The keys that stand on buttons are those that work. */
  KB.labelKeys = (root = document) => {
    if (!Object.keys(changed()).length && !KB.relabelled) return;
    KB.relabelled = true;
    for (const badge of root.querySelectorAll?.("button[data-do] > kbd, .kb-search > kbd") || []) {
      const key = keyOf(badge.parentElement.dataset.do || "search");
      if (key && badge.parentElement.closest("dialog") === null) badge.textContent = shown(key);
    }
    for (const named of document.querySelectorAll("[data-key-of]")) named.textContent = shown(keyOf(named.dataset.keyOf));
  };

  function label() {
    for (const face of faces()) face.textContent = shown(keyOf(face.dataset.key));
    KB.labelKeys();
  }

  let waiting = null;
  function wait(face) {
    done();
    waiting = face;
    face.classList.add("waits"); face.textContent = "press …";
    told("Press the new key. Escape leaves it as it is.");
  }
  function done(words = "") { waiting?.classList.remove("waits"); waiting = null; read(); label(); told(words); }

  /* A key pressed while the dialog waits for one. Returns true when it was for the map. */
  KB.takeKey = (event) => {
    if (!waiting || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return !!waiting;
    event.preventDefault(); event.stopPropagation();
    const { key } = event, action = waiting.dataset.key, other = KB.actionOf(key);
    if (key === "Escape") { done(); return true; }
    if ([...key].length !== 1 || TAKEN.test(key) || event.ctrlKey || event.metaKey || event.altKey) { told("Press a letter or a sign; digits, Space and keys with Ctrl or Alt have their own work."); return true; }
    if (other && other !== action) { told(`${shown(key)} is taken: ${what(other)}. Press another key, or Escape.`); return true; }
    const mine = { ...changed(), [action]: key };
    if (key === waiting.dataset.first) delete mine[action];
    localStorage.setItem(MAP, JSON.stringify(mine));
    done(`${shown(key)} is now: ${what(action)}.`);
    return true;
  };
  const what = (action) => faces().find((face) => face.dataset.key === action)?.closest("tr").cells[1].textContent || action;

  KB.showKeys = () => {
    const box = document.getElementById("kb-keys-on");
    if (box) box.checked = KB.keysOn();
    done();
    dialog()?.showModal();
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#kb-help-dialog")) return;
    const face = event.target.closest("[data-key]");
    if (face) return wait(face);
    if (event.target.closest('[data-do="close"]')) return dialog().close();
    if (event.target.id === "kb-keys-reset") { localStorage.removeItem(MAP); done("All keys are as they were at first."); }
  });
  document.addEventListener("change", (event) => { if (event.target.id === "kb-keys-on") localStorage.setItem(SWITCH, event.target.checked ? "on" : "off"); });
  for (const kind of ["kb-opened", "kb-reply", "kb-listed"]) document.addEventListener(kind, (event) => KB.labelKeys(event.target));
})();
