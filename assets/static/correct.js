/* Correcting the source graph (only what was changed in the dialog is sent), and having candidates made again. */
(() => {
  "use strict";
  const KB = window.KB, { $ } = KB;

  const field = (row, name) => row.querySelector(`[data-field=${name}]`);
  const changed = (row) => [...row.querySelectorAll("select")].some((s) => s.value !== s.dataset.was);

  KB.correct = () => {
    const dialog = $("#kb-correct-dialog");
    if (!dialog) return KB.say(KB.data.completion ? "The graph of this case cannot be corrected just now." : "");
    dialog.showModal();
    const form = dialog.querySelector("form");
    form.onsubmit = (event) => { event.preventDefault(); submit(dialog); };
    form.onkeydown = (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); } };
    form.onchange = (event) => { if (event.target.dataset.field === "label" && event.target.value) another(event.target.closest("tr")); };
  };

  /* A row that names a finding makes room for one more. */
  function another(row) {
    if (row.nextElementSibling) return;
    const copy = row.cloneNode(true);
    for (const select of copy.querySelectorAll("select")) select.value = select.dataset.was;
    row.after(copy);
  }

  /* A draft goes first, to the version that it belongs to; the server takes it along to the new one. */
  async function submit(dialog) {
    const edits = [...dialog.querySelectorAll("tr[data-correct]")].filter(changed).map((row) => {
      const edit = { node: row.dataset.correct };
      for (const select of row.querySelectorAll("[data-field]")) edit[select.dataset.field] = select.value;
      return edit;
    }).filter((edit) => edit.node || edit.label);
    const why = dialog.querySelector("#kb-correct-why").value.trim(), told = dialog.querySelector("#kb-correct-told");
    told.textContent = !edits.length ? "Nothing is changed yet: choose another status, side or degree, or add a finding." : !why ? "Say in a few words why: it is kept with the graph." : "";
    if (edits.length && !why) dialog.querySelector("#kb-correct-why").focus();
    if (told.textContent) return;
    await KB.saveDraft();
    if (KB.draftWaits()) { told.textContent = "What you wrote could not be saved yet: correct the graph in a moment, and it goes along."; return; }
    if (KB.act("correct", { edits, reason: why })) dialog.close();
  }

  KB.again = () => {
    const dialog = $("#kb-again-dialog");
    if (!dialog) return KB.say(KB.data.completion ? "Nothing can be made again in this case just now." : "");
    dialog.showModal();
    dialog.querySelector("[type=submit]").focus();
    dialog.querySelector("form").onsubmit = () => KB.act("again", { n: Number($("#kb-again-n").value), seed: Number($("#kb-again-seed").value), from: field(dialog, "from").value });
  };
})();
