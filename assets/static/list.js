/* Lists: the cases with their filters and search, the audit's decisions. The server makes the lines; this file moves among them. */
(() => {
  "use strict";
  const KB = window.KB;
  let typing = 0;

  KB.mountList = (element, props, trigger, watch) => {
    if (element.closest("#kb_cases")) KB.send ??= trigger; // the review is mounted when it is first looked at
    KB.localTimes(element);
    watch("value", () => { KB.localTimes(element); keepFocus(element); });
    element.addEventListener("click", (event) => clicked(event, trigger));
    element.addEventListener("focusin", (event) => (element.kbFocus = mark(event.target)));
    element.addEventListener("change", (event) => event.target.dataset.order && trigger("filter", { order: event.target.value }));
    element.addEventListener("input", (event) => {
      if (!event.target.closest(".kb-search")) return;
      clearTimeout(typing);
      typing = setTimeout(() => trigger("filter", { asked: event.target.value }), 250);
    });
    element.addEventListener("keydown", (event) => moved(event, element, trigger));
    const hint = element.querySelector(".kb-first");
    if (hint) KB.labelKeys();
    if (hint) hint.hidden = localStorage.getItem(hint.dataset.key) === "off";
  };

  function clicked(event, trigger) {
    const at = (selector) => event.target.closest(selector);
    let hit;
    if ((hit = at("[data-sample]"))) return trigger("sample", { name: hit.dataset.sample });
    if ((hit = at("[data-view]"))) return trigger("filter", { view: hit.dataset.view });
    if ((hit = at("[data-more]"))) return trigger("filter", { after: hit.dataset.more, asked: hit.dataset.asked });
    if ((hit = at("[data-clear]"))) return clear(trigger);
    if ((hit = at("[data-do]"))) return KB.perform(hit.dataset.do);
    if ((hit = at("[data-hint]"))) { localStorage.setItem(hit.dataset.hint, "off"); hit.closest(".kb-first").hidden = true; return; }
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a link opens in another tab
    hit = at("[data-case]") || at("[data-row]")?.querySelector("[data-case]");
    if (hit) { event.preventDefault(); trigger("open", { case: hit.dataset.case }); }
  }

  const searchField = () => document.querySelector("#kb_search input");
  function clear(trigger) {
    const field = searchField();
    if (field) field.value = "";
    trigger("filter", { view: "all", asked: "" });
  }

  const rows = () => [...document.querySelectorAll("#kb_cases [data-case], #kb_audit [data-case]")].filter((r) => r.offsetParent);

  function moved(event, element, trigger) {
    const inSearch = event.target.closest(".kb-search");
    if (event.key === "Escape" && inSearch) { event.preventDefault(); clear(trigger); event.target.blur(); return; }
    if (inSearch && ["ArrowDown", "Enter"].includes(event.key)) { event.preventDefault(); rows()[0]?.focus(); return; }
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || event.target.matches("select,input")) return;
    event.preventDefault();
    KB.moveRow(event.key === "ArrowDown" ? 1 : -1);
  }

  /* Up and down among the lines, from anywhere on the list's page. */
  KB.moveRow = (by) => {
    const all = rows(), here = all.indexOf(document.activeElement);
    if (!all.length) return false;
    all[here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + by))].focus();
    return true;
  };
  KB.listShown = () => !!document.querySelector("#kb_cases .kb-list-head")?.offsetParent;
  KB.search = () => { const field = searchField(); field?.focus(); field?.select(); };

  /* A new list is new elements: the one that had the focus gets it back. */
  const mark = (target) => {
    for (const name of ["view", "order", "more", "case"]) if (target.dataset?.[name] !== undefined) return `[data-${name}="${CSS.escape(target.dataset[name])}"]`;
    return "";
  };
  function keepFocus(element) {
    if (document.activeElement !== document.body || !element.kbFocus || !element.offsetParent) return;
    element.querySelector(element.kbFocus)?.focus({ preventScroll: true });
  }
})();
