/* What happens when an event is lost on its way. Gradio's own script gives up all events of the page, and reloads it as soon as the server
   answers: what somebody wrote would be gone. Here a lost event ends as one that failed: the page stays as it is, one sentence says so, and
   the part that sent it hears of it (KB.unsent). Events that ask by themselves keep Gradio's way: a page without them cannot go on. */
(() => {
  "use strict";
  const KB = window.KB, plain = window.fetch.bind(window);
  const BY_THEMSELVES = ["load"], QUIET = ["draft", "beat", "measure", "ahead", "tick"], BEGINS = ["click", "sample"];
  const KEPT = "What you wrote is still here";
  const SAID = {
    unreached: `The workbench could not be reached. ${KEPT}; press again: nothing is stored twice.`,
    cut: `The connection broke before the answer came: it may not have been done. ${KEPT}; press again: nothing is stored twice.`,
    begun: `The connection broke: it may have been done all the same. ${KEPT}; look before you press again.`,
    broken: `Something went wrong at the workbench: this was not done. ${KEPT}; press again to try again.`,
    401: `You are signed out: this was not done. ${KEPT}. Copy it, then reload the page and sign in.`,
    403: `You have signed in anew since this page was opened: this was not done. ${KEPT}. Copy it, then reload the page.`,
  };
  const waiting = new Map(), early = new Set(); // event id -> its call, until it is completed; ids completed before their call was answered

  window.fetch = (input, init) => {
    const { pathname } = new URL(input.url || input, location.href);
    if (pathname.endsWith("/queue/join")) return join(input, init);
    if (pathname.endsWith("/queue/data")) return listen(input, init);
    return plain(input, init);
  };

  const nameOf = (call) => window.gradio_config?.dependencies?.find((one) => one.id === call.fn_index)?.targets[0]?.[1];

  /* ---- an event on its way to the server ------------------------------------------------------------------------------------ */

  async function join(input, init) {
    const call = JSON.parse(init.body);
    let answer = null;
    try { answer = await known(input, init); } catch (error) { if (BY_THEMSELVES.includes(nameOf(call))) throw error; }
    const said = answer ? await json(answer.clone()) : null;
    if (answer?.ok && said) {
      if (!early.delete(said.event_id)) waiting.set(said.event_id, call);
      return answer;
    }
    unsent(call, answer ? sentence(answer, said) : SAID.unreached);
    return new Response('{"detail": []}', { status: 422, headers: { "Content-Type": "application/json" } }); // Gradio: failed, without a word
  }

  /* A browser without an account is known as long as the server runs: after a restart the page introduces it again. */
  async function known(input, init) {
    const answer = await plain(input, init);
    if (answer.status !== 401 || (await json(answer.clone()))?.code !== "unknown_browser") return answer;
    await plain("/");
    return plain(input, init);
  }

  const json = (answer) => answer.json().catch(() => null);

  function sentence({ status }, said) {
    if (SAID[status]) return SAID[status];
    return status < 500 && typeof said?.error === "string" ? `${said.error} ${KEPT}.` : SAID.broken;
  }

  /* ---- the stream of answers ------------------------------------------------------------------------------------------------ */

  async function listen(input, init) {
    const signal = init?.signal || input.signal;
    let answer = null;
    try { answer = await plain(input, init); } catch (error) { if (signal?.aborted) throw error; }
    if (answer?.ok) return new Response(watched(answer.body.getReader(), signal), { headers: answer.headers });
    return new Response(new ReadableStream({ start: lost }));
  }

  function watched(reader, signal) {
    const decoder = new TextDecoder(), encoder = new TextEncoder();
    let begun = "", ended = false; // of a message that breaks off nothing is passed on
    return new ReadableStream({
      async pull(to) {
        let read;
        do {
          try { read = await reader.read(); } catch (error) { if (signal?.aborted) return to.error(error); read = { done: true }; }
          if (read.done) return ended ? to.close() : lost(to);
          begun += decoder.decode(read.value, { stream: true });
        } while (!begun.includes("\n\n"));
        const whole = begun.slice(0, begun.lastIndexOf("\n\n") + 2);
        begun = begun.slice(whole.length);
        ended = completed(whole) || ended;
        to.enqueue(encoder.encode(whole));
      },
      cancel: (why) => reader.cancel(why),
    });
  }

  /* Take the events that these messages complete from those that wait. Returns whether the stream ends here. */
  function completed(messages) {
    let last = false;
    for (const message of messages.split("\n\n")) {
      last = last || message.includes('"close_stream"');
      const id = message.includes('"process_completed"') && /"event_id":\s*"([^"]+)"/.exec(message)?.[1];
      if (id && !waiting.delete(id)) early.add(id);
    }
    return last;
  }

  function lost(to) {
    const calls = [...waiting], say = (message) => to.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(message)}\n\n`));
    waiting.clear();
    if (calls.some(([, call]) => BY_THEMSELVES.includes(nameOf(call)))) return to.error(new TypeError("the stream of answers broke off"));
    for (const [id, call] of calls) {
      say({ msg: "process_completed", event_id: id, success: false, output: { error: [] } });
      unsent(call, SAID.cut);
    }
    say({ msg: "close_stream" });
    to.close();
  }

  /* ---- saying so ------------------------------------------------------------------------------------------------------------ */

  function unsent(call, said) {
    const name = nameOf(call);
    KB.unsent(name, call.event_data || {});
    const twice = BEGINS.includes(name) && [SAID.unreached, SAID.cut].includes(said); // nothing tells a second press from a second wish
    if (!QUIET.includes(name)) tell(twice ? SAID.begun : said);
  }

  let shown = 0;
  function tell(said) {
    const box = document.getElementById("kb-told") || document.body.appendChild(Object.assign(document.createElement("div"), { id: "kb-told" }));
    box.className = "kb-toast bad";
    box.setAttribute("role", "alert");
    box.textContent = said;
    clearTimeout(shown);
    shown = setTimeout(() => box.remove(), 15_000);
  }
  document.addEventListener("kb-opened", () => document.getElementById("kb-told")?.remove());
})();
