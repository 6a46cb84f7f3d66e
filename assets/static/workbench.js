/* The heart of the page's script: what is open, what is sent, what comes back. Truth lives on the server; nothing of a case is kept here
   but the view. The other files hang themselves onto KB: graph, pixels, viewer, compare, editor, list, keys. */
(() => {
  "use strict";
  const KB = (window.KB = {
    ready: false, network: null, host: null, send: null, data: {}, trail: [],
    view: { k: 0, before: 0, graph: "source", evidence: true, measures: false, zoom: 1, x: 0, y: 0, invert: false, window: "default", level: 0, width: 0 },
  });
  const view = KB.view;
  let shownAt = 0, pending = 0, armed = null, edited = null, active = 0, toast = 0, revealing = null, accepting = false, unsaid = {};
  const WORK_MS = 1500;
  const keys = new Map(); // one key per wish on the open case: a wish that is sent twice is stored once

  KB.$ = (selector, root = KB.host) => (root ? root.querySelector(selector) : null);
  KB.$$ = (selector, root = KB.host) => (root ? [...root.querySelectorAll(selector)] : []);
  KB.dark = () => document.body.classList.contains("dark");
  const $ = KB.$, $$ = KB.$$;

  /* ---- mounting ------------------------------------------------------------------------------------------------------------- */

  KB.mountReview = (element, props, trigger, watch) => {
    KB.host = element;
    KB.send = trigger;
    const show = () => { KB.data = props.value || {}; opened(); };
    watch("value", show);
    show();
    element.addEventListener("click", clicked);
    element.addEventListener("pointerover", hovered);
    element.addEventListener("change", (event) => { if (event.target.dataset.version) { KB.saveDraft(); send("version", { completion: event.target.value }); } });
    addEventListener("resize", place);
    new ResizeObserver(place).observe(document.getElementById("kb_guide") || element);
    KB.mountViewer(element);
    KB.mountEditor(element);
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => (active = Date.now()), true);
    active = Date.now();
    setInterval(KB.beat, 5 * 60_000);
  };

  /* Where the review begins: its panels take the rest of the screen. */
  function place() { if (KB.host?.offsetParent) KB.host.style.setProperty("--kb-top", `${Math.round(KB.host.getBoundingClientRect().top + scrollY)}px`); }

  /* Renew the claim, as long as somebody is there. */
  KB.beat = () => { if (KB.data.claimed && Date.now() - active < 15 * 60_000) KB.send("beat", { case: KB.data.case }); };

  KB.mountReply = (element, props, watch) => {
    element.addEventListener("click", clicked);
    watch("value", () => {
      pending = 0;
      if (props.value?.code === "needs_confirmation") armed = view.k;
      localTimes(element);
      const dialog = element.querySelector("dialog");
      if (dialog) { dialog.showModal(); return; }
      clearTimeout(toast);
      toast = setTimeout(() => element.querySelector(".kb-toast")?.remove(), 8000);
      element.dispatchEvent(new CustomEvent("kb-reply", { bubbles: true, detail: props.value || {} }));
    });
  };

  KB.mountTimes = (element, watch) => { localTimes(element); element.addEventListener("click", clicked); watch("value", () => localTimes(element)); };

  KB.mountQuiet = (props, watch) => watch("value", () => {
    const said = props.value || {};
    if (said.kind === "draft") KB.draftKept(said);
    if (said.kind === "measures") KB.drawMeasures(said);
    if (said.kind === "ahead") KB.fetchAhead(said);
    if (said.kind === "lease" && !said.mine) KB.say(`${said.actor} has taken this case over.`);
  });

  function opened() {
    pending = 0; armed = edited = null; unsaid = {}; keys.clear();
    if (revealing !== KB.data.completion) shownAt = performance.now();
    revealing = null;
    const id = KB.data.case || "";
    place();
    if (id !== KB.trail.at(-1)) arrived();
    if (id && KB.trail.at(-1) !== id) KB.trail.push(id);
    address(id);
    view.k = view.before = Number($(".kb-candidate:not([hidden])")?.dataset.k || 0);
    localTimes(KB.host);
    watchWork();
    KB.openedFilms();
    KB.openedEditor();
    KB.openedGraph();
    KB.host?.dispatchEvent(new CustomEvent("kb-opened", { bubbles: true }));
  }

  /* While a case is worked on, the page asks how far it is. */
  let work = 0;
  function watchWork() {
    if (!KB.data.working) work = clearInterval(work);
    else work ||= setInterval(() => KB.send("tick", { case: KB.data.case }), WORK_MS);
  }

  /* Another case begins at its top, and no button of the page before takes its keys. */
  function arrived() {
    $$(".kb-candidate, .report, .kb-strip-notes, .kb-table").forEach((part) => (part.scrollTop = 0));
    const at = document.activeElement;
    if (at && at !== document.body && !at.closest("input,textarea,select,dialog") && !KB.host.contains(at)) at.blur();
  }

  /* The first case opened from the list is a step that Back undoes; going on from case to case replaces it. */
  function address(id) {
    const here = new URL(location.href), before = here.searchParams.get("case") || "";
    if (id === before || (!id && !KB.trail.length)) return;
    if (id) here.searchParams.set("case", id); else here.searchParams.delete("case");
    if (id && !before) history.pushState(null, "", here); else history.replaceState(null, "", here);
  }
  addEventListener("popstate", () => {
    const id = new URL(location.href).searchParams.get("case") || "";
    if (KB.send && id !== (KB.data.case || "")) { KB.saveDraft(); KB.send("act", { do: id ? "reload" : "list", case: id, before: KB.data.case || "" }); }
  });

  function localTimes(root) {
    for (const time of root?.querySelectorAll?.("time[data-local]") || []) {
      const when = new Date(time.dateTime), today = new Date().toDateString() === when.toDateString();
      time.textContent = when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: time.closest(".kb-status,.kb-list,.kb-comment") ? undefined : "2-digit", hour12: false });
      if (!today) time.textContent = `${when.toLocaleDateString()} ${time.textContent}`;
      time.title = time.dateTime;
    }
  }
  KB.localTimes = localTimes;

  /* ---- candidates ----------------------------------------------------------------------------------------------------------- */

  KB.showCandidate = (k, held = false) => {
    const all = $$(".kb-candidate");
    if (!all.length || k < 0 || k >= all.length || k === view.k) return;
    KB.saveDraft();
    if (!held) { view.before = view.k; armed = edited = null; }
    view.k = k;
    all.forEach((article) => (article.hidden = Number(article.dataset.k) !== k));
    $$(".kb-strip [role=option]").forEach((o) => o.setAttribute("aria-selected", String(Number(o.dataset.k) === k)));
    $(".kb-strip")?.setAttribute("aria-activedescendant", `kb-option-${k}`);
    $(`#kb-option-${k}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (view.graph === "candidate" || view.graph === "difference") KB.showGraph(view.graph);
    KB.fillTable();
    KB.paintFilms();
    KB.say("");
  };
  /* To the candidate that stands beside it: a blind reader has an order of his own. */
  KB.step = (by) => {
    const stand = $$(".kb-strip [role=option]").map((o) => Number(o.dataset.k)), next = stand[stand.indexOf(view.k) + by];
    if (next !== undefined) KB.showCandidate(next);
  };
  KB.article = () => $(`.kb-candidate[data-k="${view.k}"]`);

  KB.say = (text) => {
    const p = $(".kb-decided");
    if (!p) return;
    p.dataset.text ??= p.textContent;
    p.textContent = text || p.dataset.text;
    p.classList.toggle("kb-warns", !!text);
  };

  /* ---- acting --------------------------------------------------------------------------------------------------------------- */

  const MISSING = { accept: "This case is decided; R revises it.", edit: "Only a report can be edited." };
  const off = (kind) => {
    const button = $(`.kb-actions [data-do="${kind}"]`);
    if (!button) return KB.data.completion && MISSING[kind] || "";
    return button.disabled ? button.title || "not possible now" : "";
  };
  KB.openFor = () => performance.now() - shownAt;

  function send(kind, more = {}) {
    if (!KB.send || performance.now() - pending < 4000 && pending) return false;
    pending = performance.now();
    const wish = [kind, more.candidate, more.reason, more.text, more.note].join("|");
    if (!keys.has(wish)) keys.set(wish, crypto.randomUUID());
    const { data } = KB;
    KB.send("act", { do: kind, case: data.case || "", completion: data.completion || "", revision: data.revision || 0, job: data.job || "",
      key: keys.get(wish), second: !!data.second, ms: Math.round(KB.openFor()), ...more });
    return true;
  }

  KB.act = send;

  /* An event was lost: the page is as before, and the same wish keeps its key. A note that was on its way waits in its dialog. */
  KB.unsent = (name, data) => {
    if (name === "draft") return KB.draftLost(data);
    if (name !== "act") return;
    pending = 0; revealing = null;
    if (data.do === "discard") KB.discardLost(data.candidate);
    if (data.note) unsaid[data.do] = data.note;
  };

  function accept() {
    const k = view.k;
    if (KB.editChanged() && edited !== KB.editedText()) { // what was warned of: more written since is warned of again
      edited = KB.editedText();
      return KB.say(`Your edit of candidate ${k + 1} is not in this: Ctrl+Enter in its field accepts it. Press A once more to accept the text as it was made.`);
    }
    if (Number(KB.article().dataset.contradicted) && armed !== k) {
      armed = k;
      return KB.say(`Candidate ${k + 1} contradicts the source. Press A once more to accept it all the same.`);
    }
    send("accept", { candidate: k, confirm: armed === k });
  }

  /* The draft goes first: whatever becomes of the acceptance, the server has the words. */
  async function acceptEdited() {
    const text = KB.editedText(), candidate = view.k, { completion } = KB.data;
    if (text === null || accepting) return;
    accepting = true;
    await KB.saveDraft();
    accepting = false;
    if (KB.data.completion === completion && view.k === candidate) send("accept_edited", { candidate, text });
  }

  KB.reject = (reason) => {
    const note = $("#kb-note")?.value.trim() || "";
    if (reason === "other" && !note) { $("#kb-note")?.focus(); $("#kb-reject-told").textContent = "Write what it is, then Enter."; return; }
    $("#kb-reject-dialog")?.close();
    send("reject", { reason, note });
  };

  function openReject() {
    const told = $("#kb-reject-told");
    if (told) told.textContent = told.dataset.first ??= told.textContent;
    $("#kb-reject-dialog")?.showModal();
  }

  const NOTES = {
    defer: ["Defer this case", "What is needed? It may stay empty."], flag: ["Flag for a second reader", "What should the second reader look at? It may stay empty."],
    give_back: ["Return to the first reader", "What should the first reader look at? The case shows it."],
    comment: ["Comment on this case", "Everybody who opens the case sees it. It is no decision."],
  };
  function note(kind) {
    const dialog = $("#kb-note-dialog"), words = $("#kb-words");
    if (!dialog) return;
    [$("#kb-note-title").textContent, $("#kb-note-hint").textContent] = NOTES[kind];
    dialog.dataset.kind = kind; words.value = unsaid[kind] || "";
    dialog.showModal(); words.focus();
    const form = dialog.querySelector("form");
    form.onsubmit = () => { const said = words.value.trim(); if (!["comment", "give_back"].includes(kind) || said) send(kind, { note: said }); };
    words.onkeydown = (event) => { if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); form.requestSubmit(); } };
  }

  KB.perform = (kind) => {
    const why = ["accept", "edit", "reject", "defer", "flag", "defer_note", "flag_note", "comment", "undo"].includes(kind) ? off(kind.split("_")[0]) : "";
    if (why) return KB.say(why);
    const open = !!KB.data.completion;
    switch (kind) {
      case "help": return KB.showKeys();
      case "history": return send("history");
      case "close": return document.querySelector("dialog[open]")?.close();
      case "evidence": case "measures": case "invert": case "zoomin": case "zoomout": case "fit": return KB.viewer(kind);
      case "graphfile": if (open) location.href = `/kb/graph/${KB.data.completion}.html`; return;
      case "next": KB.saveDraft(); return send("next");
      case "undo": case "cancel": case "retry": return send(kind);
      case "previous": return previous();
      case "reload": document.querySelector("dialog[open]")?.close(); return send("reload");
    }
    if (!open) return;
    switch (kind) {
      case "accept": return accept();
      case "reject": return openReject();
      case "defer": case "flag": return send(kind);
      case "defer_note": case "flag_note": return note(kind.split("_")[0]);
      case "comment": case "give_back": return note(kind);
      case "reveal": if (!KB.data.blind) return; KB.saveDraft(); if (send("reveal", { candidate: view.k })) revealing = KB.data.completion; return;
      case "compare": return KB.compare();
      case "correct": return KB.correct();
      case "again": return KB.again();
      case "edit": return KB.edit();
      case "save_edit": return acceptEdited();
      case "leave_edit": return KB.leaveEdit();
      case "discard_edit": KB.forgetEdit(); return send("discard", { candidate: view.k });
      case "revise": if ($('.kb-actions [data-do="revise"]:not([disabled])')) send("revise"); return;
      case "takeover": return send("takeover");
    }
  };

  function openAnother(id) {
    document.querySelector("dialog[open]")?.close();
    KB.saveDraft();
    send("reload", { case: id, before: KB.data.case || "" });
  }

  function previous() {
    const at = KB.trail.length - 2;
    if (at < 0) return KB.say("There was no case before this one.");
    const id = KB.trail[at];
    KB.trail.length = at;
    openAnother(id);
  }

  /* ---- pointer -------------------------------------------------------------------------------------------------------------- */

  function hovered(event) {
    const place = event.target.closest("[data-nodes]");
    KB.mark(place ? KB.nodesOf(place)[0] : null);
  }

  function clicked(event) {
    const at = (selector) => event.target.closest(selector);
    let hit;
    if ((hit = at("[role=option]"))) return KB.showCandidate(Number(hit.dataset.k));
    if ((hit = at("[role=tab][data-view]"))) return KB.showGraph(hit.dataset.view);
    if ((hit = at("[data-reason]"))) return KB.reject(hit.dataset.reason);
    if ((hit = at("[data-window]"))) return KB.chooseWindow(hit.dataset.window);
    if ((hit = at("[data-compare]"))) return KB.compareBy(hit.dataset.compare);
    if ((hit = at("[data-do]"))) return KB.perform(hit.dataset.do);
    if ((hit = at("[data-open]")) && !(event.ctrlKey || event.metaKey || event.shiftKey)) { event.preventDefault(); return openAnother(hit.dataset.open); }
    if ((hit = at("[data-nodes]"))) KB.selectInGraph(KB.nodesOf(hit)[0]);
  }
})();
