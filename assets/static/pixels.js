/* The pixels of a stored PNG in full depth. A browser's own decoder gives 8 bits; a window needs all 16. Reads what the workbench writes:
   grey of 8 or 16 bits or RGB of 8, not interlaced. */
(() => {
  "use strict";
  const KB = window.KB, kept = new Map(), KEEP = 6;

  /* {width, height, channels, data: Uint8Array | Uint16Array, histogram} of a stored picture. */
  KB.pixels = (sha256) => {
    if (!kept.has(sha256)) {
      kept.set(sha256, load(sha256).catch((error) => { kept.delete(sha256); throw error; }));
      if (kept.size > KEEP) kept.delete(kept.keys().next().value);
    }
    return kept.get(sha256);
  };

  async function load(sha256) {
    const answer = await fetch(`/kb/artifact/${sha256}`);
    if (!answer.ok) throw new Error("The picture is not there.");
    return decode(new Uint8Array(await answer.arrayBuffer()));
  }

  async function decode(bytes) {
    const at = new DataView(bytes.buffer), pieces = [];
    let head = null;
    for (let i = 8; i < bytes.length; ) {
      const length = at.getUint32(i), name = String.fromCharCode(...bytes.subarray(i + 4, i + 8)), start = i + 8;
      if (name === "IHDR") head = { width: at.getUint32(start), height: at.getUint32(start + 4), depth: bytes[start + 8], colour: bytes[start + 9], interlaced: bytes[start + 12] };
      if (name === "IDAT") pieces.push(bytes.subarray(start, start + length));
      i = start + length + 4;
    }
    const channels = head.colour === 2 ? 3 : 1;
    if (![0, 2].includes(head.colour) || ![8, 16].includes(head.depth) || head.interlaced) throw new Error("Not a picture that the workbench wrote.");
    const raw = new Uint8Array(await new Response(new Blob(pieces).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
    const data = unfiltered(raw, head.width, head.height, channels, head.depth / 8);
    return { width: head.width, height: head.height, channels, data, histogram: counted(data) };
  }

  /* PNG filters, RFC 2083 section 6. */
  function unfiltered(raw, width, height, channels, size) {
    const step = channels * size, line = width * step, out = new Uint8Array(height * line);
    for (let y = 0; y < height; y++) {
      const kind = raw[y * (line + 1)], from = y * (line + 1) + 1, to = y * line, up = to - line;
      for (let x = 0; x < line; x++) {
        const a = x >= step ? out[to + x - step] : 0, b = y ? out[up + x] : 0, c = x >= step && y ? out[up + x - step] : 0;
        let guess = 0;
        if (kind === 1) guess = a; else if (kind === 2) guess = b; else if (kind === 3) guess = (a + b) >> 1;
        else if (kind === 4) { const p = a + b - c, pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c); guess = pa <= pb && pa <= pc ? a : pb <= pc ? b : c; }
        out[to + x] = raw[from + x] + guess;
      }
    }
    if (size === 1) return out;
    const wide = new Uint16Array(out.length / 2);
    for (let i = 0; i < wide.length; i++) wide[i] = (out[2 * i] << 8) | out[2 * i + 1];
    return wide;
  }

  function counted(data) {
    const histogram = new Uint32Array(data instanceof Uint16Array ? 65536 : 256), step = data.length > 4e6 ? 7 : 3;
    for (let i = 0; i < data.length; i += step) histogram[data[i]]++;
    return histogram;
  }

  /* The grey level below which `share` of the pixels lie. The darkest and brightest level are left out: burnt-in borders take them. */
  KB.percentile = (histogram, share) => {
    let first = 0, last = histogram.length - 1;
    while (first < last && !histogram[first]) first++;
    while (last > first && !histogram[last]) last--;
    let total = 0;
    for (let v = first + 1; v < last; v++) total += histogram[v];
    if (!total) return share < 0.5 ? first : last;
    let sum = 0;
    for (let v = first + 1; v < last; v++) { sum += histogram[v]; if (sum >= share * total) return v; }
    return last;
  };

  /* Draw through a window (low, high) in grey levels. */
  KB.paint = (canvas, picture, low, high) => {
    const { width, height, channels, data } = picture;
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    const table = new Uint8Array(data instanceof Uint16Array ? 65536 : 256), scale = 255 / Math.max(high - low, 1e-6);
    for (let v = 0; v < table.length; v++) table[v] = Math.min(255, Math.max(0, (v - low) * scale + 0.5));
    const image = new ImageData(width, height), out = new Uint32Array(image.data.buffer);
    if (channels === 1) for (let i = 0; i < out.length; i++) { const g = table[data[i]]; out[i] = 0xff000000 | (g << 16) | (g << 8) | g; }
    else for (let i = 0, j = 0; i < out.length; i++, j += 3) out[i] = 0xff000000 | (table[data[j + 2]] << 16) | (table[data[j + 1]] << 8) | table[data[j]];
    canvas.getContext("2d").putImageData(image, 0, 0);
  };
})();
