/* A part that holds more lines than it shows says so, until its end is reached. */
(() => {
  "use strict";
  const KB = window.KB, PARTS = ".kb-strip-notes, .kb-measured, .kb-notes";

  const mark = (part) => part.classList.toggle("kb-more", part.scrollTop + part.clientHeight < part.scrollHeight - 3);
  const sized = new ResizeObserver((seen) => seen.forEach(({ target }) => mark(target)));

  document.addEventListener("kb-opened", () => {
    sized.disconnect();
    KB.$$(PARTS).forEach((part) => { sized.observe(part); mark(part); });
  });
  document.addEventListener("scroll", (event) => { if (event.target.matches?.(PARTS)) mark(event.target); }, true);
  document.addEventListener("toggle", (event) => { const part = event.target.closest?.(PARTS); if (part) mark(part); }, true);
})();
