/* Two candidates at once: side by side, or one laid over the other with a slider; texts with the words marked that only one has. */
(() => {
  "use strict";
  const KB = window.KB, { $, $$, view } = KB;
  let other = 0, mode = "side";

  KB.compare = () => {
    const all = $$(".kb-candidate");
    if (all.length < 2) return KB.say("There is only one candidate.");
    other = view.before !== view.k && view.before < all.length ? view.before : (view.k + 1) % all.length;
    $("#kb-compare-dialog").showModal();
    draw();
  };
  KB.comparing = () => !!$("#kb-compare-dialog")?.open;
  KB.compareBy = (name) => { mode = name; draw(); };
  KB.compareWith = (k) => { if (k >= 0 && k < $$(".kb-candidate").length && k !== view.k) { other = k; draw(); } };
  KB.compareStep = (by) => {
    const n = $$(".kb-candidate").length;
    for (let i = 1, k = other; i < n; i++) { k = (k + by + n) % n; if (k !== view.k) return KB.compareWith(k); }
  };

  function draw() {
    const place = $(".kb-compared"), texts = !$(`.kb-candidate .kb-film`);
    $$("[data-compare]").forEach((b) => { b.setAttribute("aria-pressed", String(b.dataset.compare === mode)); b.hidden = texts && b.dataset.compare === "slide"; });
    place.replaceChildren();
    place.className = `kb-compared ${texts ? "side" : mode}`;
    const sides = [view.k, other].map((k) => side(k));
    place.append(...sides);
    if (texts) markWords(...sides.map((s) => s.querySelector(".report")));
    else if (mode === "slide") place.append(slider(sides[1]));
    KB.paintFilms();
  }

  function side(k) {
    const article = $(`.kb-candidate[data-k="${k}"]`), figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    caption.textContent = `Candidate ${k + 1} · SYNTHETIC · ${$(`#kb-option-${k} .kb-mini-qs`)?.textContent || ""} QS`;
    const body = (article.querySelector(".kb-film") || article.querySelector(".report")).cloneNode(true);
    body.querySelectorAll("canvas, .box").forEach((e) => e.remove());
    const image = body.querySelector("img");
    if (image) image.style.visibility = "";
    figure.append(caption, body);
    return figure;
  }

  function slider(top) {
    const field = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 100, value: 50 });
    field.setAttribute("aria-label", "how much of the second candidate is shown");
    const cut = () => top.querySelector(".kb-film").style.setProperty("--kb-cut", `${field.value}%`);
    field.oninput = cut; cut();
    return field;
  }

  /* Words that the other text does not have at this place (longest common subsequence). */
  function markWords(one, two) {
    const words = (e) => e.textContent.match(/\s+|[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) || [];
    const a = words(one), b = words(two);
    if (a.length * b.length > 4e6) return;
    const best = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
    for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) best[i][j] = a[i] === b[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
    const common = [new Set(), new Set()];
    for (let i = 0, j = 0; i < a.length && j < b.length; ) {
      if (a[i] === b[j]) { common[0].add(i++); common[1].add(j++); } else if (best[i + 1][j] >= best[i][j + 1]) i++; else j++;
    }
    [[one, a, common[0]], [two, b, common[1]]].forEach(([e, list, same]) => {
      e.replaceChildren(...list.map((word, i) => {
        if (same.has(i) || !word.trim()) return word;
        const mark = document.createElement("mark");
        mark.textContent = word; mark.className = "kb-only";
        return mark;
      }));
    });
  }
})();
