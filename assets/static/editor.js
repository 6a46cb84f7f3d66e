/* Editing a candidate text. The draft goes to the server after two seconds of quiet, at the latest after four, and before an acceptance;
   here it lives in its field only, and is sent again until the server has it. */
(() => {
  "use strict";
  const KB = window.KB, { $$, view } = KB;
  const QUIET_MS = 2000, LONGEST_MS = 4000, AGAIN_MS = 5000, PATIENCE_MS = 4000;
  let timer = 0, since = 0, version = 0, kept = new Map(), asked = new Map(); // candidate -> the text that the server has; its draft on the way
  const newest = new Map(), place = ({ completion, candidate }) => `${completion} ${candidate}`; // the number of the newest draft of each place

  KB.mountEditor = (element) => element.addEventListener("input", (event) => {
    if (!event.target.closest(".kb-editor")) return;
    state("not saved yet");
    since ||= Date.now();
    clearTimeout(timer);
    timer = setTimeout(KB.saveDraft, Math.max(0, Math.min(QUIET_MS, since + LONGEST_MS - Date.now())));
  });

  const editor = (k = view.k) => $$(".kb-candidate").find((article) => Number(article.dataset.k) === k)?.querySelector(".kb-editor");
  const field = (root = editor()) => root?.querySelector("textarea:not(.kb-original)");
  const state = (text, k = view.k) => { const p = editor(k)?.querySelector(".kb-draft"); if (p) p.textContent = text; };

  /* A draft opens by itself, but takes no keys: they still decide. */
  KB.openedEditor = () => {
    clearTimeout(timer);
    since = 0;
    asked = new Map();
    kept = new Map($$(".kb-candidate").map((a) => [Number(a.dataset.k), field(a)?.value]));
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
    KB.endFind();
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
  KB.forgetEdit = () => {
    clearTimeout(timer);
    const root = editor();
    if (!root) return;
    kept.set(view.k, field(root).value);
    newest.delete(place({ completion: KB.data.completion, candidate: view.k }));
  };

  KB.draftWaits = () => unsaved(view.k);
  const unsaved = (k) => { const root = editor(k); return !!root && !root.hidden && field(root).value !== kept.get(k); };

  /* Resolves when the server has the text of the candidate shown, has refused it, or cannot be asked just now. */
  KB.saveDraft = async () => {
    clearTimeout(timer);
    since = 0;
    if (unsaved(view.k)) await keep(view.k);
  };

  function keep(k) {
    const text = field(editor(k)).value, before = asked.get(k);
    if (before?.text === text) return before.answered;
    const draft = { completion: KB.data.completion, candidate: k, text, of: ++version };
    newest.set(place(draft), draft.of);
    draft.answered = new Promise((answer) => { draft.answer = answer; setTimeout(answer, PATIENCE_MS); });
    asked.set(k, draft);
    kept.delete(k); // until it is answered nobody knows what the server has: words taken back meanwhile are sent as well
    state("saving …", k);
    KB.send("draft", { completion: draft.completion, candidate: k, text, of: draft.of });
    return draft.answered;
  }

  KB.draftKept = (said) => {
    const k = said.candidate, draft = asked.get(k);
    if (draft?.of !== said.of) return; // of a case that is closed by now, or a newer one is on its way
    asked.delete(k);
    draft.answer();
    if (said.why) { state(`not saved: ${said.why}`, k); if (said.again) later(draft); return; }
    kept.set(k, draft.text);
    state(unsaved(k) ? "not saved yet" : `draft kept ${new Date(said.utc).toLocaleTimeString([], { hour12: false })}`, k);
  };

  /* A draft that never arrived. sent: what it was; of a case that is closed by now only this is left of it. */
  KB.draftLost = (sent) => {
    const k = sent.candidate, draft = asked.get(k);
    if (draft?.of === sent.of) {
      draft.answer();
      asked.delete(k);
      state("not saved: the workbench cannot be reached; tried again in a moment", k);
    }
    later(sent);
  };

  /* Once more, unless newer words were sent since, or these were given up. */
  function later({ completion, candidate, text, of }) {
    setTimeout(() => {
      if (newest.get(place({ completion, candidate })) !== of) return;
      if (completion === KB.data.completion && unsaved(candidate)) keep(candidate);
      else KB.send("draft", { completion, candidate, text, of });
    }, AGAIN_MS);
  }

  KB.discardLost = (k) => kept.delete(k);

  document.addEventListener("visibilitychange", () => { if (document.hidden && KB.send) KB.saveDraft(); });
  addEventListener("beforeunload", (event) => { if ($$(".kb-candidate").some((a) => unsaved(Number(a.dataset.k)))) event.preventDefault(); });
})();
