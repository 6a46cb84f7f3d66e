/* Editing a candidate text. The draft goes to the server after two seconds of quiet; here it lives in its field only. */
(() => {
  "use strict";
  const KB = window.KB, { $, $$, view } = KB;
  const QUIET_MS = 2000;
  let timer = 0, sent = new Map(), version = 0; // sent: candidate -> the text that the server has

  KB.mountEditor = (element) => element.addEventListener("input", (event) => {
    if (!event.target.closest(".kb-editor")) return;
    state("not saved yet");
    clearTimeout(timer);
    timer = setTimeout(KB.saveDraft, QUIET_MS);
  });

  const editor = () => KB.article()?.querySelector(".kb-editor");
  const field = (root = editor()) => root?.querySelector("textarea:not(.kb-original)");
  const state = (text) => { const p = editor()?.querySelector(".kb-draft"); if (p) p.textContent = text; };

  /* A draft opens by itself, but takes no keys: they still decide. */
  KB.openedEditor = () => {
    clearTimeout(timer);
    sent = new Map($$(".kb-candidate").map((a) => [Number(a.dataset.k), field(a)?.value]));
    $$(".kb-editor[data-draft]").forEach((e) => show(e, true));
  };

  function show(root, on) {
    root.hidden = !on;
    root.closest(".kb-candidate").classList.toggle("editing", on);
  }

  KB.edit = () => {
    const root = editor();
    if (!root) return;
    show(root, true);
    const text = field(root);
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
    text.scrollTop = 0;
  };
  KB.editing = () => !!editor() && document.activeElement === field();
  KB.editedText = () => { const root = editor(); return root && !root.hidden ? field(root).value : null; };

  KB.editChanged = () => { const root = editor(); return !!root && !root.hidden && field(root).value !== root.querySelector(".kb-original").value; };

  KB.leaveEdit = () => {
    const root = editor();
    if (!root) return;
    KB.saveDraft();
    field(root).blur();
    if (KB.editChanged()) state("draft kept, not accepted; E goes on with it");
    else show(root, false);
    KB.article().focus({ preventScroll: true });
  };
  KB.forgetEdit = () => { clearTimeout(timer); const root = editor(); if (root) sent.set(view.k, field(root).value); };

  KB.saveDraft = () => {
    clearTimeout(timer);
    const root = editor(), text = field(root)?.value;
    if (!root || root.hidden || text === undefined || text === sent.get(view.k)) return;
    sent.set(view.k, text);
    state("saving …");
    KB.send("draft", { completion: KB.data.completion, candidate: view.k, text, of: ++version });
  };

  KB.draftKept = (said) => {
    if (said.why) { sent.delete(said.candidate); return state(`not saved: ${said.why}`); }
    if (said.of !== version) return;
    state(`draft kept ${new Date(said.utc).toLocaleTimeString([], { hour12: false })}`);
  };
})();
