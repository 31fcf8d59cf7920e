// A live page's news: a stream of server-sent events (bus/feed.py), or polling if it is refused.

const SILENCE = 12000; // ms. The server sends something every 5 s; after this the stream is given up.
const POLL_EVERY = 2000;
const TRY_STREAM_AGAIN = 30000;

/**
 * Call `update(data)` with all news, `checked(instant)` if there are none, and `state(name)` with
 * the connection's state: live, polling, reconnecting or signed-out. `seen` is the mark of what the
 * page shows; without it the current data comes first. Returns a function that ends it for good.
 */
export function follow({ stream, snapshot, seen = "" }, { update, checked = () => {}, state = () => {} }) {
  let source, watchdog, poller, again, ended = false;

  function listen() {
    stop();
    const address = new URL(stream, location.href);
    if (seen) address.searchParams.set("seen", seen);
    source = new EventSource(address);
    source.addEventListener("news", (event) => alive(() => {
      seen = event.lastEventId;
      update(JSON.parse(event.data));
    }));
    source.addEventListener("checked", (event) => alive(() => checked(event.data)));
    source.addEventListener("again", listen); // After minutes the server judges the viewer anew.
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) fallBack(); // Refused: it will not try again.
      else state("reconnecting");
    });
    watch();
  }

  function alive(react) {
    react();
    if (ended) return;
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
    const round = again;
    const found = await fetchSnapshot();
    if (again !== round) return; // Stopped meanwhile, or begun anew.
    if (found.data) {
      seen = found.data.mark ?? seen;
      update(found.data);
    }
    if (ended) return;
    state(found.state);
    poller = setTimeout(poll, POLL_EVERY);
  }

  async function fetchSnapshot() {
    try {
      const response = await fetch(snapshot, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(SILENCE) });
      // A redirect leads to the login page; 403 is for those who may not see it any more.
      if (response.type === "opaqueredirect" || response.status === 403) return { state: "signed-out" };
      if (!response.ok) return { state: "reconnecting" };
      return { state: "polling", data: await response.json() };
    } catch {
      return { state: "reconnecting" };
    }
  }

  function stop() {
    source?.close();
    [watchdog, poller, again].forEach(clearTimeout);
    again = undefined;
  }

  function showOrHide() {
    if (document.hidden) stop();
    else listen();
  }

  // A hidden page needs no stream, and browsers allow few connections to one host.
  document.addEventListener("visibilitychange", showOrHide);
  showOrHide();

  return () => {
    ended = true;
    document.removeEventListener("visibilitychange", showOrHide);
    stop();
  };
}
