/* The pictures: window, zoom, pan, inversion, measures. The view stays as it is from candidate to candidate and from case to case. */
(() => {
  "use strict";
  const KB = window.KB, { $, $$, view } = KB;
  const PRESETS = ["default", "lung", "bone", "auto"];
  const SHARES = { lung: [0.01, 0.62], bone: [0.35, 0.998], auto: [0.005, 0.995] }; // of the pixels, from dark to bright
  let measured = null, frame = 0;
  KB.painted = 0; // how often a window was drawn, and how long the last one took: read by tests and measurements

  KB.mountViewer = (element) => {
    element.addEventListener("wheel", wheeled, { passive: false });
    element.addEventListener("pointerdown", grabbed);
    element.addEventListener("dblclick", (event) => event.target.closest(".kb-film") && KB.viewer("fit"));
    element.addEventListener("input", (event) => {
      const slider = event.target.closest("[data-slider]");
      if (!slider) return;
      view[slider.dataset.slider] = Number(slider.value);
      KB.paintFilms();
    });
  };

  /* The frame around a picture is as large as the picture itself: the places of its evidence are fractions of it. */
  function framed(film) {
    const image = film.querySelector("img"), inner = film.querySelector(".kb-film-inner");
    if (!image?.naturalWidth || !inner) return;
    inner.style.width = inner.style.height = ""; inner.classList.remove("framed");
    const ratio = image.naturalWidth / image.naturalHeight, width = Math.min(film.clientWidth, film.clientHeight * ratio);
    if (width > 0) { inner.style.width = `${width}px`; inner.style.height = `${width / ratio}px`; inner.classList.add("framed"); }
  }
  const resized = new ResizeObserver((seen) => { seen.forEach(({ target }) => framed(target)); KB.placeLabels(); });
  document.addEventListener("load", (event) => { const film = event.target.closest?.(".kb-film"); if (film) framed(film); }, true);

  KB.openedFilms = () => { resized.disconnect(); $$(".kb-film").forEach((film) => resized.observe(film)); measured = null; apply(); KB.paintFilms(); if (view.measures) askMeasures(); };

  KB.viewer = (kind) => {
    if (kind === "evidence") view.evidence = !view.evidence;
    if (kind === "invert") view.invert = !view.invert;
    if (kind === "zoomin") zoom(1.25);
    if (kind === "zoomout") zoom(0.8);
    if (kind === "fit") { view.zoom = 1; view.x = view.y = 0; }
    if (kind === "measures" && $('[data-do="measures"]')) { view.measures = !view.measures; if (view.measures) askMeasures(); else drawn(); }
    apply();
  };

  function apply() {
    if (!KB.host) return;
    const style = KB.host.style;
    style.setProperty("--kb-zoom", view.zoom); style.setProperty("--kb-x", `${view.x}px`); style.setProperty("--kb-y", `${view.y}px`);
    KB.host.classList.toggle("kb-invert", view.invert);
    KB.host.classList.toggle("kb-zoomed", view.zoom > 1);
    KB.host.classList.toggle("kb-no-evidence", !view.evidence);
    const pressed = (selector, on) => $$(selector).forEach((b) => b.setAttribute("aria-pressed", String(on)));
    pressed('[data-do="evidence"]', view.evidence); pressed('[data-do="invert"]', view.invert); pressed('[data-do="measures"]', view.measures);
    $$("[data-window]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.window === view.window)));
    $$("[data-slider]").forEach((s) => (s.value = view[s.dataset.slider]));
    $$(".kb-zoom").forEach((o) => (o.textContent = Math.round(view.zoom * 100)));
    KB.placeLabels();
  }

  /* ---- labels of the places of evidence: inside the film, above or under their place, and never over each other ---- */

  KB.placeLabels = () => $$(".kb-film").forEach((film) => {
    const room = film.getBoundingClientRect(), taken = [];
    for (const label of film.querySelectorAll(".box:is(.lit, .picked) > span")) {
      label.style.maxWidth = `${room.width - 8}px`;
      const place = label.parentElement.getBoundingClientRect(), { width, height } = label.getBoundingClientRect();
      const x = between(room.left + 4, place.left, room.right - width - 4), y = free(place, height, room, (top) => taken.some((t) => x < t.x + t.width && t.x < x + width && top < t.y + t.height && t.y < top + height));
      taken.push({ x, y, width, height });
      label.style.left = `${(x - place.left) / view.zoom}px`; label.style.top = `${(y - place.top) / view.zoom}px`;
    }
  });
  const between = (low, value, high) => Math.max(low, Math.min(value, high));

  /* The top of a label: nearest to its place where nothing else stands. */
  function free(place, height, room, occupied) {
    const low = room.top + 2, high = room.bottom - height - 2, step = height + 2;
    const first = [between(low, place.top - step, high), between(low, place.bottom + 2, high)];
    const more = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => low + i * step).sort((a, b) => Math.abs(a - place.top) - Math.abs(b - place.top));
    return [...first, ...more].find((top) => !occupied(top)) ?? first[0];
  }

  function zoom(factor) { view.zoom = Math.min(8, Math.max(1, view.zoom * factor)); if (view.zoom < 1.02) { view.zoom = 1; view.x = view.y = 0; } apply(); }
  function wheeled(event) {
    if (!event.target.closest(".kb-film") || !(event.ctrlKey || view.zoom > 1)) return;
    event.preventDefault(); zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
  }
  function grabbed(event) {
    if (!event.target.closest(".kb-film") || view.zoom === 1 || event.target.closest("input")) return;
    const start = { x: event.clientX - view.x, y: event.clientY - view.y };
    const move = (e) => { view.x = e.clientX - start.x; view.y = e.clientY - start.y; apply(); };
    const drop = () => { removeEventListener("pointermove", move); removeEventListener("pointerup", drop); };
    addEventListener("pointermove", move); addEventListener("pointerup", drop);
  }

  /* ---- window --------------------------------------------------------------------------------------------------------------- */

  KB.chooseWindow = (name) => { view.window = name; view.level = view.width = 0; apply(); KB.paintFilms(); };
  KB.chooseWindowBy = (number) => $("[data-window]") && KB.chooseWindow(PRESETS[number - 1]);

  const asGiven = () => view.window === "default" && !view.level && !view.width;

  /* Through the window in the page: the server draws only the first look. One drawing per frame, whatever the slider does. */
  KB.paintFilms = () => { cancelAnimationFrame(frame); frame = requestAnimationFrame(() => shownFilms().forEach(paint)); };
  const shownFilms = () => $$(".kb-film").filter((film) => film.offsetParent && film.querySelector("img"));

  async function paint(film) {
    const image = film.querySelector("img"), inner = film.querySelector(".kb-film-inner");
    let canvas = inner.querySelector("canvas");
    if (asGiven()) { canvas?.remove(); image.style.visibility = ""; return; }
    const address = new URL(image.src), sha256 = address.pathname.split("/").pop();
    let picture;
    try { picture = await KB.pixels(sha256); } catch (error) { KB.say(error.message); return; }
    if (asGiven()) return;
    const began = performance.now();
    if (!canvas) { canvas = document.createElement("canvas"); canvas.setAttribute("aria-hidden", "true"); image.after(canvas); }
    KB.paint(canvas, picture, ...windowOf(picture, address.searchParams));
    image.style.visibility = "hidden";
    KB.painted++; KB.paintMs = performance.now() - began;
  }

  function windowOf(picture, given) {
    const { histogram } = picture;
    let low = Number(given.get("low") ?? 0), high = Number(given.get("high") ?? histogram.length - 1);
    if (!given.has("low") && histogram.length > 256) [low, high] = [KB.percentile(histogram, 0), KB.percentile(histogram, 1)];
    const shares = SHARES[view.window];
    if (shares) [low, high] = shares.map((share) => KB.percentile(histogram, share));
    const span = Math.max(high - low, 1), middle = (low + high) / 2 - (view.level / 100) * span, width = span * 2 ** (-view.width / 50);
    return [middle - width / 2, middle + width / 2];
  }
  KB.windowOf = windowOf;

  /* ---- measures ------------------------------------------------------------------------------------------------------------- */

  function askMeasures() {
    if (!$('[data-do="measures"]')) return;
    if (measured?.case === KB.data.case) return drawn();
    tell("Measuring …");
    KB.send("measure", { case: KB.data.case });
  }

  KB.drawMeasures = (said) => { if (said.case === KB.data.case) { measured = said; if (view.measures) drawn(); } };

  const tell = (text) => { const p = $(".kb-measured"); if (p) { p.textContent = text; p.hidden = !text; } };

  function drawn() {
    $$(".kb-overlay").forEach((svg) => svg.remove());
    if (!view.measures || !measured) return tell("");
    const said = [];
    $$(".kb-source .kb-film").forEach((film) => {
      const found = measured.pictures[Number(film.dataset.position)];
      if (!found) return;
      if (found.why) return said.push(found.why);
      film.querySelector(".kb-film-inner").append(overlay(found));
      said.push(...found.measures.filter((m) => !m.zone).map((m) => `${[m.side, m.name.replaceAll("_", " ")].filter(Boolean).join(" ")} ${m.value.toFixed(2)} ± ${m.uncertainty.toFixed(2)}`));
    });
    tell(said.join(" · ") || "Nothing could be measured on this film.");
  }

  function overlay(found) {
    const made = (name, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      return element;
    };
    const svg = made("svg", { class: "kb-overlay", viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
    const points = (list) => list.map(([x, y]) => `${x},${y}`).join(" ");
    for (const [name, outline] of Object.entries(found.outlines)) svg.append(made("polygon", { points: points(outline), class: `o-${name.split(" ").pop()}` }));
    for (const [name, line] of Object.entries(found.lines)) svg.append(made("polyline", { points: points(line), class: `l-${name.split(" ")[0]}` }));
    return svg;
  }
})();
