/* Find in the report that is open: the given one, the candidate's, or what is being written in its place. The words stay in the field;
   nothing is sent anywhere. */
(() => {
  "use strict";
  const KB = window.KB, { $ } = KB;
  const ALL = "kb-found", HERE = "kb-found-here";
  let bar = null, found = [], at = 0;

  /* Where there is no report the field opens all the same: the letters of a word must never act as keys. */
  const report = () => $(".kb-source .report") || written() || [...(KB.article()?.querySelectorAll(".report") || [])].find((r) => r.offsetParent) || KB.host.firstElementChild;

  /* Matches cannot be marked in a field: while one looks for them, a copy of its words stands in its place. */
  function written() {
    const editor = KB.article()?.querySelector(".kb-editor:not([hidden])");
    if (!editor) return null;
    const copy = editor.querySelector(".kb-find-copy") || document.createElement("div");
    copy.className = "report kb-find-copy"; copy.tabIndex = -1;
    copy.textContent = KB.editedText();
    if (!copy.isConnected) editor.prepend(copy);
    return copy;
  }

  KB.find = () => {
    const text = report();
    if (!text) return;
    bar ??= made();
    if (bar.nextElementSibling !== text) { leave(); text.before(bar); }
    const field = bar.querySelector("input");
    field.focus(); field.select();
    search();
  };

  function made() {
    const box = document.createElement("div");
    box.className = "kb-find";
    box.setAttribute("role", "search");
    box.innerHTML = '<input type="search" aria-label="Find in the report" placeholder="Find in the report" autocomplete="off" spellcheck="false"><output aria-live="polite"></output><button type="button" class="kb-button" data-find="-1" aria-label="the one before">↑</button><button type="button" class="kb-button" data-find="1" aria-label="the next one">↓</button><button type="button" class="kb-button" data-find="0">Close</button>';
    box.addEventListener("input", search);
    box.addEventListener("click", (event) => { const by = event.target.dataset.find; if (by) go(Number(by)); });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); go(event.shiftKey ? -1 : 1); }
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); go(0); }
    });
    return box;
  }

  function go(by) {
    if (by) { at = (at + by + found.length) % (found.length || 1); return show(); }
    found = []; show();
    const text = bar.nextElementSibling, copied = text?.matches(".kb-find-copy");
    leave();
    (copied ? KB.article() : text)?.focus({ preventScroll: true });
  }

  function leave() {
    const copy = bar.nextElementSibling;
    bar.remove();
    if (copy?.matches(".kb-find-copy")) copy.remove();
  }
  KB.endFind = () => { if (bar?.isConnected && bar.nextElementSibling?.matches(".kb-find-copy")) { found = []; show(); leave(); } };

  function search() {
    const wanted = bar.querySelector("input").value.toLowerCase(), text = bar.nextElementSibling;
    found = wanted && text ? ranges(text, wanted) : [];
    at = 0;
    show(wanted);
  }

  /* Matches may run over the marks of the evidence: they are sought in the words, and put back onto the pieces. */
  function ranges(root, wanted) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), pieces = [];
    let words = "";
    for (let node; (node = walker.nextNode()); words += node.data) pieces.push([words.length, node]);
    const lower = words.toLowerCase(), place = (offset) => { const [start, node] = pieces.findLast(([from]) => from <= offset); return [node, offset - start]; };
    const made = [];
    if (lower.length !== words.length) return made; // a letter whose small form is longer: no place could be trusted
    for (let i = lower.indexOf(wanted); i >= 0; i = lower.indexOf(wanted, i + wanted.length)) {
      const range = new Range(), [end, last] = place(i + wanted.length - 1);
      range.setStart(...place(i)); range.setEnd(end, last + 1);
      made.push(range);
    }
    return made;
  }

  function show(wanted = "") {
    const here = found[at];
    bar.querySelector("output").textContent = here ? `${at + 1} of ${found.length}` : wanted ? "not found" : "";
    if (window.CSS?.highlights) {
      CSS.highlights.set(ALL, new Highlight(...found)); CSS.highlights.set(HERE, new Highlight(...(here ? [here] : [])));
    } else if (here) { const chosen = getSelection(); chosen.removeAllRanges(); chosen.addRange(here); }
    const text = bar.nextElementSibling;
    if (here && text) { const place = here.getBoundingClientRect(), box = text.getBoundingClientRect(); if (place.top < box.top || place.bottom > box.bottom) text.scrollTop += place.top - box.top - box.height / 3; }
  }
})();
