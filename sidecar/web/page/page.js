/* Shows what the sidecar says, as it says it; of its own it knows only that nobody answers. */

import { say, at } from "./dom.js";
import { showHealth, verdict } from "./facts.js";
import { fetchPast, showLive, showMarks, startHistory } from "./history.js";
import { startIncidents } from "./incidents.js";
import { listen } from "./live.js";
import { fill, now, setClock, time, WORDS } from "./words.js";

let heard = null, missed = false;
const showIncidents = startIncidents(showMarks);
startHistory();
listen(health => {
  setClock(health.checks["process:state"][0].time);
  heard = new Date(now()).toISOString();
  showHealth(health);
  showLive(health);
  showIncidents(health);
  if (missed) fetchPast();  /* The sidecar knows what was meanwhile, or that nobody does. */
  missed = false;
  say(at("asked"), fill(WORDS.as_of, { time: time(heard) }));
}, () => {
  missed = true;
  verdict("none", WORDS.silent);
  say(at("since"), WORDS.not_known + (heard ? " " + fill(WORDS.below, { time: time(heard) }) : ""));
});
