/* The page's own script: draws the graph, switches candidates, routes keys. Truth lives on the server; nothing is kept here but the view. */
(() => {
  "use strict";
  const KB = (window.KB = { network: null, host: null, send: null });
  const view = { k: 0, graph: "source", evidence: true, zoom: 1, x: 0, y: 0, invert: false };
  const VIEWS = ["source", "candidate", "difference", "table"];
  let data = null, shownAt = 0, pending = false, armed = null;

  const $ = (selector, root = KB.host) => (root ? root.querySelector(selector) : null);
  const $$ = (selector, root = KB.host) => (root ? [...root.querySelectorAll(selector)] : []);
  const dark = () => document.body.classList.contains("dark");

  /* ---- mounting ------------------------------------------------------------------------------------------------------------- */

  KB.mountReview = (element, props, trigger, watch) => {
    KB.host = element;
    KB.send = (name, payload) => trigger(name, payload);
    const show = () => { data = props.value || {}; opened(); };
    watch("value", show);
    show();
    element.addEventListener("click", clicked);
    element.addEventListener("pointerover", hovered);
    element.addEventListener("wheel", wheeled, { passive: false });
    element.addEventListener("pointerdown", grabbed);
  };

  KB.mountList = (element, trigger) => {
    element.addEventListener("click", (event) => {
      const row = event.target.closest("[data-case],[data-sample],[data-more]");
      if (!row) return;
      if (row.dataset.case) trigger("open", { case: row.dataset.case });
      else if (row.dataset.sample) trigger("sample", { name: row.dataset.sample });
      else trigger("more", { after: row.dataset.more });
    });
    element.addEventListener("keydown", (event) => {
      const row = event.target.closest("tr[data-case]");
      if (!row) return;
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      if (step) { event.preventDefault(); row[step]?.focus(); }
      if (event.key === "Enter") { event.preventDefault(); row.click(); }
    });
  };

  function opened() {
    pending = false; armed = null; shownAt = performance.now();
    const address = new URL(location.href);
    if (data.case) address.searchParams.set("case", data.case); else address.searchParams.delete("case");
    if (address.href !== location.href) history.replaceState(null, "", address);
    view.k = Number($(".kb-candidate:not([hidden])")?.dataset.k || 0);
    view.graph = "source";
    applyFilm();
    if (data.graph) draw(); else if (KB.network) { KB.network.destroy(); KB.network = null; }
    $(".kb-net") && showGraph("source");
    KB.host?.dispatchEvent(new CustomEvent("kb-opened", { bubbles: true }));
  }

  /* ---- graph ---------------------------------------------------------------------------------------------------------------- */

  function draw() {
    const holder = $(".kb-net");
    if (!holder || !window.vis) return;
    if (KB.network) KB.network.destroy();
    KB.nodes = new vis.DataSet([]); KB.edges = new vis.DataSet([]);
    KB.network = new vis.Network(holder, { nodes: KB.nodes, edges: KB.edges }, data.graph.options);
    KB.network.on("beforeDrawing", drawBands);
    KB.network.on("selectNode", (p) => pick(KB.nodes.get(p.nodes[0])?.node));
    KB.network.on("deselectNode", () => pick(null));
    KB.network.on("hoverNode", (p) => mark(KB.nodes.get(p.node)?.node));
    KB.network.on("blurNode", () => mark(null));
  }

  function drawBands(ctx) {
    ctx.font = "600 11px system-ui, sans-serif";
    ctx.textAlign = "left";
    for (const band of data.graph.bands) {
      ctx.fillStyle = dark() ? "rgba(255,255,255,.05)" : "rgba(29,66,97,.045)";
      ctx.fillRect(-108, band.top - 10, data.graph.width + 116, band.bottom - band.top + 16);
      ctx.fillStyle = dark() ? "#9fb0c0" : "#5b6b7b";
      ctx.fillText(band.name.toUpperCase(), -100, band.top + 2);
    }
  }

  function showGraph(name) {
    view.graph = name;
    $$(".kb-graph [role=tab]").forEach((tab) => tab.setAttribute("aria-selected", String(tab.dataset.view === name)));
    const table = name === "table";
    $(".kb-table").hidden = !table; $(".kb-net").hidden = table;
    $(".kb-graph").classList.toggle("show-classes", name === "difference");
    if (table || !KB.network) return;
    const shown = data.graph.views[name === "source" ? "source" : `${name}-${view.k}`];
    if (!shown) return;
    const put = (set, base, props) => {
      set.clear();
      set.add(base.filter((item) => props[item.id]).map((item) => ({ ...item, ...props[item.id] })));
    };
    put(KB.nodes, data.graph.nodes, shown.nodes);
    put(KB.edges, data.graph.edges, shown.edges);
    fit();
  }

  function fit() {
    const holder = $(".kb-net"), width = data.graph.width + 130, height = data.graph.height + 40;
    const scale = Math.min(1, holder.clientWidth / width, Math.max(holder.clientHeight / height, 0.62));
    const visible = holder.clientHeight / scale;
    const y = height > visible ? visible / 2 - 40 : (data.graph.height - 46) / 2;
    KB.network.moveTo({ position: { x: (data.graph.width - 100) / 2, y }, scale, animation: false });
  }

  const nodesOf = (element) => (element.dataset.nodes || "").split("\n");

  function mark(node) {
    $$("[data-nodes]").forEach((e) => e.classList.toggle("lit", !!node && nodesOf(e).includes(node)));
  }

  function pick(node) {
    $$("[data-nodes]").forEach((e) => e.classList.toggle("picked", !!node && nodesOf(e).includes(node)));
    const line = $(".kb-picked");
    if (!line) return;
    const facts = $$(".kb-table tr[data-nodes]").filter((row) => nodesOf(row).includes(node))
      .map((row) => [...row.cells].slice(1).map((cell) => cell.textContent).join(" "));
    line.textContent = node ? `${node}: ${facts.join("; ") || "part of other facts"}` : "Point at a node or a marked place to see where a fact comes from.";
    const first = $("[data-nodes].picked:is(mark, .box)");
    first?.scrollIntoView({ block: "nearest" });
  }

  function selectInGraph(node) {
    const item = KB.nodes?.get().find((n) => n.node === node);
    if (item) KB.network.selectNodes([item.id]); else KB.network?.unselectAll();
    pick(node);
  }

  /* ---- candidates ----------------------------------------------------------------------------------------------------------- */

  function showCandidate(k) {
    const all = $$(".kb-candidate");
    if (!all.length || k < 0 || k >= all.length) return;
    view.k = k; armed = null;
    all.forEach((article) => (article.hidden = Number(article.dataset.k) !== k));
    $$(".kb-strip [role=option]").forEach((o) => o.setAttribute("aria-selected", String(Number(o.dataset.k) === k)));
    $(".kb-strip")?.setAttribute("aria-activedescendant", `kb-option-${k}`);
    $(`#kb-option-${k}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (view.graph === "candidate" || view.graph === "difference") showGraph(view.graph);
    say("");
  }

  const say = (text) => { const p = $(".kb-decided"); if (p && (text || armed === null)) p.textContent = text || p.dataset.text || ""; };

  function act(kind, more = {}) {
    if (pending || !KB.send || !data.completion) return;
    if (kind === "accept") {
      if ($('[data-do="accept"]')?.disabled) return;
      const article = $(`.kb-candidate[data-k="${view.k}"]`);
      if (Number(article.dataset.contradicted) && armed !== view.k) {
        armed = view.k;
        say(`Candidate ${view.k + 1} contradicts the source. Press A once more to accept it all the same.`);
        return;
      }
      more = { candidate: view.k, confirm: armed === view.k, ...more };
    }
    pending = true;
    setTimeout(() => (pending = false), 4000);
    KB.send("act", { do: kind, case: data.case, completion: data.completion, revision: data.revision,
      key: crypto.randomUUID(), ms: Math.round(performance.now() - shownAt), ...more });
  }

  /* ---- picture -------------------------------------------------------------------------------------------------------------- */

  function applyFilm() {
    if (!KB.host) return;
    KB.host.style.setProperty("--kb-zoom", view.zoom);
    KB.host.style.setProperty("--kb-x", `${view.x}px`);
    KB.host.style.setProperty("--kb-y", `${view.y}px`);
    KB.host.classList.toggle("kb-invert", view.invert);
    KB.host.classList.toggle("kb-no-evidence", !view.evidence);
    $$('[data-do="evidence"]').forEach((b) => b.setAttribute("aria-pressed", String(view.evidence)));
  }
  function zoom(factor) { view.zoom = Math.min(8, Math.max(1, view.zoom * factor)); if (view.zoom === 1) view.x = view.y = 0; applyFilm(); }
  function wheeled(event) {
    if (!event.target.closest(".kb-film") || !(event.ctrlKey || view.zoom > 1)) return;
    event.preventDefault(); zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
  }
  function grabbed(event) {
    if (!event.target.closest(".kb-film") || view.zoom === 1) return;
    const start = { x: event.clientX - view.x, y: event.clientY - view.y };
    const move = (e) => { view.x = e.clientX - start.x; view.y = e.clientY - start.y; applyFilm(); };
    const drop = () => { removeEventListener("pointermove", move); removeEventListener("pointerup", drop); };
    addEventListener("pointermove", move); addEventListener("pointerup", drop);
  }

  /* ---- pointer -------------------------------------------------------------------------------------------------------------- */

  function hovered(event) {
    const place = event.target.closest("[data-nodes]");
    mark(place ? nodesOf(place)[0] : null);
  }

  function clicked(event) {
    const option = event.target.closest("[role=option]");
    if (option) return showCandidate(Number(option.dataset.k));
    const tab = event.target.closest("[role=tab][data-view]");
    if (tab) return showGraph(tab.dataset.view);
    const reason = event.target.closest("[data-reason]");
    if (reason) return reject(reason.dataset.reason);
    const button = event.target.closest("[data-do]");
    if (button) return perform(button.dataset.do);
    const place = event.target.closest("[data-nodes]");
    if (place) selectInGraph(nodesOf(place)[0]);
  }

  function perform(kind) {
    if (kind === "reject") { if (!$('[data-do="reject"]')?.disabled) $("#kb-reject-dialog")?.showModal(); return; }
    if (kind === "help") return $("#kb-help-dialog")?.showModal() ?? document.getElementById("kb-help-dialog")?.showModal();
    if (kind === "evidence") { view.evidence = !view.evidence; return applyFilm(); }
    if (kind === "graphfile") { location.href = `/kb/graph/${data.completion}.html`; return; }
    if (kind === "cancel" || kind === "retry") { KB.send("act", { do: kind, case: data.case, job: data.job, key: crypto.randomUUID() }); return; }
    if (kind === "next" || kind === "undo") { if (!pending && KB.send) { pending = true; setTimeout(() => (pending = false), 4000);
      KB.send("act", { do: kind, case: data.case || "", completion: data.completion || "", revision: data.revision || 0, key: crypto.randomUUID() }); } return; }
    act(kind);
  }

  function reject(reason) {
    const note = $("#kb-note")?.value.trim() || "";
    if (reason === "other" && !note) { $("#kb-note")?.focus(); return; }
    $("#kb-reject-dialog")?.close();
    act("reject", { reason, note });
  }

  /* ---- keys ----------------------------------------------------------------------------------------------------------------- */

  const ANYWHERE = new Set(["u", "n", "?"]); // these work on the list of cases too
  const keysOn = () => document.getElementById("kb-keys-on")?.checked ?? true;
  const inField = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]):not([type=range]),textarea,select,[contenteditable]:not([contenteditable=false])");

  const KEYS = {
    a: () => performance.now() - shownAt > 1500 && perform("accept"), x: () => perform("reject"), n: () => perform("next"), u: () => perform("undo"),
    g: () => $(".kb-net") && showGraph(VIEWS[(VIEWS.indexOf(view.graph) + 1) % VIEWS.length]), m: () => perform("evidence"),
    i: () => { view.invert = !view.invert; applyFilm(); }, "+": () => zoom(1.25), "-": () => zoom(0.8),
    "=": () => { view.zoom = 1; view.x = view.y = 0; applyFilm(); }, "?": () => perform("help"),
    ArrowLeft: () => showCandidate(view.k - 1), ArrowRight: () => showCandidate(view.k + 1),
  };

  document.addEventListener("keydown", (event) => {
    const dialog = document.querySelector("#kb-reject-dialog[open]");
    if (dialog && /^[1-9]$/.test(event.key) && !inField(event.target)) {
      const reason = dialog.querySelectorAll("[data-reason]")[Number(event.key) - 1];
      if (reason) { event.preventDefault(); reject(reason.dataset.reason); }
      return;
    }
    if (document.querySelector("dialog[open]") || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (inField(event.target) || !keysOn() || !KB.host) return;
    if (!KB.host.offsetParent && !ANYWHERE.has(event.key)) return;
    if (event.target.closest("[role=tablist]:not(.kb-tabs)") && event.key.startsWith("Arrow")) return;
    if (/^[1-9]$/.test(event.key)) { event.preventDefault(); showCandidate(Number(event.key) - 1); return; }
    const action = KEYS[event.key];
    if (action) { event.preventDefault(); action(); }
  }, true);

  new MutationObserver(() => KB.network?.redraw()).observe(document.documentElement, { attributes: true, subtree: true, attributeFilter: ["class"] });
})();
