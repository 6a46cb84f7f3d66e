/* The knowledge graph: one network per case, whose views differ in style only. */
(() => {
  "use strict";
  const KB = window.KB, { $, $$, view } = KB;
  const HINT = "Point at a node or a marked place to see where a fact comes from.";
  let drawn = null; // comes as one string: Gradio copies a value's parts again and again, and a graph has thousands
  KB.VIEWS = ["source", "candidate", "difference", "table"];
  KB.nodesOf = (element) => (element.dataset.nodes || "").split("\n");

  KB.openedGraph = () => {
    if (KB.network) { KB.network.destroy(); KB.network = null; }
    if (!$(".kb-net")) return;
    drawn = KB.data.graph ? JSON.parse(KB.data.graph) : null;
    if (drawn) draw();
    KB.fillTable();
    KB.showGraph(view.graph);
  };

  function draw() {
    if (!window.vis) return;
    KB.nodes = new vis.DataSet([]); KB.edges = new vis.DataSet([]);
    KB.network = new vis.Network($(".kb-net"), { nodes: KB.nodes, edges: KB.edges }, drawn.options);
    sized.disconnect();
    sized.observe($(".kb-net"));
    KB.network.on("resize", () => requestAnimationFrame(() => KB.network && fit())); // after it the network puts its own camera back
    KB.network.on("beforeDrawing", drawBands);
    KB.network.on("selectNode", (p) => KB.pick(KB.nodes.get(p.nodes[0])?.node));
    KB.network.on("deselectNode", () => KB.pick(null));
    KB.network.on("hoverNode", (p) => KB.mark(KB.nodes.get(p.node)?.node));
    KB.network.on("blurNode", () => KB.mark(null));
  }

  function drawBands(ctx) {
    ctx.font = "600 11px system-ui, sans-serif";
    ctx.textAlign = "left";
    const heights = KB.nodes.get().map((node) => node.y);
    for (const band of drawn.bands) {
      if (!heights.some((y) => band.top <= y && y <= band.bottom)) continue; // kept free for another view
      ctx.fillStyle = KB.dark() ? "rgba(255,255,255,.05)" : "rgba(29,66,97,.045)";
      ctx.fillRect(-108, band.top - 10, drawn.width + 116, band.bottom - band.top + 16);
      ctx.fillStyle = KB.dark() ? "#9fb0c0" : "#5b6b7b";
      ctx.fillText(band.name.toUpperCase(), -100, band.top + 2);
    }
  }

  KB.showGraph = (name) => {
    if (name === "difference" && !$(".kb-graph [data-view=difference]")) name = "table";
    view.graph = name;
    $$(".kb-graph [role=tab]").forEach((tab) => tab.setAttribute("aria-selected", String(tab.dataset.view === name)));
    const table = name === "table";
    $(".kb-table").hidden = !table; $(".kb-net").hidden = table;
    $(".kb-graph").classList.toggle("show-classes", name === "difference");
    if (table || !KB.network) return;
    const shown = drawn.views[name === "source" ? "source" : `${name}-${view.k}`];
    if (!shown) return;
    const put = (set, base, told) => {
      set.clear();
      set.add(base.flatMap((item, i) => styled(item, told[i])));
    };
    put(KB.nodes, drawn.nodes, shown.nodes);
    put(KB.edges, drawn.edges, shown.edges);
    fit();
  };

  /* told: null (not drawn), the number of a style, or [style, what stands before the label]. */
  function styled(item, told) {
    if (told === null) return [];
    const [style, before] = Array.isArray(told) ? told : [told, ""];
    const made = { ...item, ...drawn.styles[style] };
    if (before) made.label = before + item.label;
    return [made];
  }

  /* The panel may still be hidden when the graph arrives: it is fitted once there is room. */
  const sized = new ResizeObserver(() => KB.network && fit());
  function fit() {
    const holder = $(".kb-net");
    if (!holder?.clientWidth || !holder.clientHeight) return;
    const { width: w, height: h } = drawn, width = w + 130, height = h + 40;
    const scale = Math.min(1, holder.clientWidth / width, Math.max(holder.clientHeight / height, 0.5));
    const visible = holder.clientHeight / scale;
    const y = height > visible ? visible / 2 - 40 : (h - 46) / 2;
    KB.network.moveTo({ position: { x: (w - 100) / 2, y }, scale, animation: false });
  }

  /* ---- the same facts as a table: how the open candidate tells each one, sorted by any column ---- */

  const CLASS = 4; // the column of the difference
  let by = { column: CLASS, down: false }; // stays from case to case

  KB.fillTable = () => {
    const words = JSON.parse($(".kb-table table")?.dataset.words || "{}"), worstFirst = Object.keys(words);
    for (const row of $$(".kb-table tr[data-classes]")) {
      const told = row.dataset.classes.split(" ")[view.k], cell = row.cells[CLASS], extra = row.dataset.extra !== undefined;
      row.hidden = extra && told === "-";
      cell.textContent = (extra && told !== "extra" ? words[told]?.replace(/ .*/, " in candidate") : words[told]) || "";
      cell.className = `d-${told}`;
      row.dataset.rank = worstFirst.indexOf(told) + 1 || worstFirst.length + 1;
    }
    sortTable();
  };

  function sortTable() {
    const body = $(".kb-table tbody");
    if (!body) return;
    $$(".kb-table th").forEach((th, column) => th.setAttribute("aria-sort", column !== by.column ? "none" : by.down ? "descending" : "ascending"));
    const rows = [...body.rows], sign = by.down ? -1 : 1;
    rows.forEach((row, i) => (row.dataset.at ??= i)); // as the server put them: what is equal stays so
    const value = (row) => (by.column === CLASS ? row.dataset.rank || "" : row.cells[by.column].textContent);
    body.append(...rows.sort((a, b) => sign * value(a).localeCompare(value(b), undefined, { numeric: true }) || a.dataset.at - b.dataset.at));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".kb-table [data-sort]");
    if (!button) return;
    const column = Number(button.dataset.sort);
    by = { column, down: by.column === column && !by.down };
    KB.fillTable();
  });

  /* Places that tell of a node, and what their labels say of it. */
  function light(node, css) {
    $$("[data-nodes]").forEach((e) => e.classList.toggle(css, !!node && KB.nodesOf(e).includes(node)));
    $$(".box [data-of]").forEach((e) => e.classList.toggle(css, !!node && e.dataset.of === node));
    KB.placeLabels();
  }
  KB.mark = (node) => light(node, "lit");

  KB.pick = (node) => {
    light(node, "picked");
    const line = $(".kb-picked");
    if (!line) return;
    const facts = $$(".kb-table tr[data-nodes]:not([hidden])").filter((row) => KB.nodesOf(row).includes(node))
      .map((row) => [...row.cells].slice(1, 4).map((cell) => cell.textContent).join(" "));
    line.textContent = node ? `${node}: ${facts.join("; ") || "part of other facts"}` : HINT;
    $("[data-nodes].picked:is(mark, .box)")?.scrollIntoView({ block: "nearest" });
  };

  KB.selectInGraph = (node) => {
    const item = KB.nodes?.get().find((n) => n.node === node);
    if (item) KB.network.selectNodes([item.id]); else KB.network?.unselectAll();
    KB.pick(node);
  };

  new MutationObserver(() => KB.network?.redraw()).observe(document.body, { attributes: true, attributeFilter: ["class"] }); // dark or light
})();
