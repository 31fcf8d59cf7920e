// The source of the figures: a stream of server-sent events, or polling if the stream is refused.

const SILENCE = 12000; // ms. The server sends something every 5 s; after this the stream is given up.
const POLL_EVERY = 2000;
const TRY_STREAM_AGAIN = 30000;

/**
 * Call `update(figures)` at every change, `checked(instant)` if nothing has changed, and
 * `state(name)` with the connection's state: live, polling, reconnecting or signed-out.
 */
export function follow({ stream, snapshot }, { update, checked, state }) {
  let source, watchdog, poller, again;

  function listen() {
    stop();
    source = new EventSource(stream);
    source.addEventListener("figures", (event) => alive(() => update(JSON.parse(event.data))));
    source.addEventListener("checked", (event) => alive(() => checked(event.data)));
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) fallBack(); // Refused: it will not try again.
      else state("reconnecting");
    });
    watch();
  }

  function alive(react) {
    react();
    state("live");
    watch();
  }

  function watch() {
    clearTimeout(watchdog);
    watchdog = setTimeout(fallBack, SILENCE);
  }

  function fallBack() {
    stop();
    again = setTimeout(listen, TRY_STREAM_AGAIN);
    poll();
  }

  async function poll() {
    const found = await fetchSnapshot();
    if (again === undefined) return; // Stopped meanwhile.
    if (found.figures) update(found.figures);
    state(found.state);
    poller = setTimeout(poll, POLL_EVERY);
  }

  async function fetchSnapshot() {
    try {
      const response = await fetch(snapshot, { cache: "no-store", redirect: "manual" });
      // A redirect leads to the login page.
      if (response.type === "opaqueredirect") return { state: "signed-out" };
      if (!response.ok) return { state: "reconnecting" };
      return { state: "polling", figures: await response.json() };
    } catch {
      return { state: "reconnecting" };
    }
  }

  function stop() {
    source?.close();
    [watchdog, poller, again].forEach(clearTimeout);
    again = undefined;
  }

  // A hidden page needs no stream, and browsers allow few connections to one host.
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : listen()));
  listen();
}
