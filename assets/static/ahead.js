/* The pictures that the next case shows first, fetched and decoded while this one is read. The page alone holds them, until the case after
   that is open: the browser stores none. */
(() => {
  "use strict";
  const KB = window.KB, AFTER_MS = 400;
  let timer = 0, held = [];

  document.addEventListener("kb-opened", () => {
    clearTimeout(timer);
    if (KB.data.claimed) timer = setTimeout(() => KB.send("ahead", { case: KB.data.case }), AFTER_MS);
  });

  KB.fetchAhead = ({ addresses }) => {
    held = addresses.map((address) => { const picture = new Image(); picture.src = address; picture.decode().catch(() => {}); return picture; });
    KB.ahead = held.map((picture) => picture.src); // read by tests
  };
})();
