/* The sidecar's own stream of what is so, and its silence: that of a sidecar is not that of its server. */

const PATIENCE = 5000, AGAIN = 1000;

/* `heard(health, language)` at each change, `silent()` when nothing has come for a while; it goes on by itself. */
export function listen(heard, silent) {
  let stream, late;

  function wait() {
    clearTimeout(late);
    late = setTimeout(() => { silent(); wait(); }, PATIENCE);
  }

  function open() {
    stream = new EventSource("api/v1/events");
    stream.addEventListener("health", event => { wait(); heard(JSON.parse(event.data)); });
    stream.onerror = () => {
      silent();
      if (stream.readyState === EventSource.CLOSED) setTimeout(open, AGAIN);  /* Refused: the browser would give up. */
    };
  }

  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", event => { if (event.persisted) open(); });
  wait();
  open();
}
