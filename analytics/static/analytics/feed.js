// Where the figures come from: a stream of events, and polling where the stream is refused.

const SILENCE = 12000; // The server says something every 5 s; after this the stream is not to be trusted.
const POLL_EVERY = 2000;
const TRY_STREAM_AGAIN = 30000;

/**
 * Tell `hear(figures)` at every change, `checked(instant)` when nothing has changed, and
 * `state(name)` of the way there: live, polling, reconnecting or signed-out.
 */
export function follow({ stream, snapshot }, { hear, checked, state }) {
  let source, watchdog, poller, again;

  function listen() {
    stop();
    source = new EventSource(stream);
    source.addEventListener("figures", (event) => alive(() => hear(JSON.parse(event.data))));
    source.addEventListener("checked", (event) => alive(() => checked(event.data)));
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) fallBack(); // Refused: it will not try again.
      else state("reconnecting");
    });
    watch();
  }

  function alive(tell) {
    tell();
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
    const found = await ask();
    if (again === undefined) return; // Stopped meanwhile.
    if (found.figures) hear(found.figures);
    state(found.state);
    poller = setTimeout(poll, POLL_EVERY);
  }

  async function ask() {
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
