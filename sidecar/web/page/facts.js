/* What is so now: the verdict and why, the four questions everybody asks first, the figures. All from /health. */

import { at, make, renew, say } from "./dom.js";
import { ago, duration, fill, quantity, time, why, whole, WORDS } from "./words.js";

const MEASURES = ["cpu:utilization", "memory:resident", "threads:count", "fds:open", "connections:established",
  "clients:registered", "protocol:pong", "protocol:http"];
const NOTES = { pass: "", warn: WORDS.warn, fail: WORDS.fail };
const TONES = { pass: "#1a7f4b", warn: "#d98a00", fail: "#b3261e", none: "#8a949d" };

export function verdict(status, sentence) {
  at("page").dataset.status = status;
  say(at("verdict"), sentence);
  document.title = (status === "none" ? "? " : status === "pass" ? "" : "⚠ ") + sentence;
  const dot = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><circle cx='4' cy='4' r='4' fill='" + TONES[status] + "'/></svg>";
  document.querySelector("link[rel=icon]").href = "data:image/svg+xml," + encodeURIComponent(dot);
}

/* A card: what it says, and a quieter line below. */
function card(id, text, note = "") {
  say(at(id), text);
  say(at(id + "-note"), note);
}

function showSince(status, state) {
  if (!state.since) return say(at("since"), "");
  const text = fill(status === "fail" ? WORDS.down : WORDS.up, { time: time(state.since), ago: ago(state.since) });
  say(at("since"), text + (state.componentId ? fill(WORDS.as_pid, { pid: state.componentId }) : ""));
}

function showDisk([full], [free]) {
  const note = free.observedValue === undefined ? why(free) : fill(WORDS.free, { size: quantity(free.observedValue, "bytes") });
  const value = full.observedValue;
  if (value === undefined) return card("disk", full.output ? WORDS.unknown : WORDS.not_filling, [why(full), note].filter(Boolean).join(" · "));
  card("disk", typeof value === "number" ? fill(WORDS.full_in, { time: duration(value) }) : WORDS.not_filling, note);
}

function showFacts(checks) {
  const [restart] = checks["restarts:last"], [outbox] = checks["outbox:waiting"];
  if (restart.observedValue) card("restart", restart.observedValue, fill(WORDS.restarted, { time: time(restart.time), ago: ago(restart.time) }));
  else card("restart", why(restart));
  showDisk(checks["disk:full-in"], checks["disk:free"]);
  const left = checks["restarts:budget"].map(check => fill(WORDS.left, { left: check.limit - check.observedValue, limit: check.limit, within: duration(check.within) }));
  card("budget", left[0] || WORDS.unlimited, left.slice(1).join(", "));
  const channels = checks["outbox:channels"], failing = channels.filter(one => one.output);
  card("outbox", outbox.observedValue ? fill(WORDS.waiting, { count: outbox.observedValue }) : WORDS.delivered,
    failing.length ? failing.map(one => one.output).join(" ") : channels.map(one => one.componentId).join(" · "));
}

function tile(key) {
  let box = at(key);
  if (!box) {
    box = make("div");
    box.id = key;
    box.append(make("dt"), make("dd", "", "value"), make("dd", "", "note"));
    at("measures").append(box);
  }
  return box;
}

function showTile(key, checks) {
  const [check] = checks[key], box = tile(key), [label, value, note] = box.children;
  const known = check.observedValue !== undefined, [limit] = key === "fds:open" ? checks["fds:limit"] : [{}];
  box.dataset.status = check.status || "unknown";
  say(label, check.label);
  say(value, known ? quantity(check.observedValue, check.observedUnit) : check.status ? WORDS.no_answer : WORDS.unknown);
  if (!known) return say(note, check.status ? fill(WORDS.since, { time: time(check.since) }) : why(check));
  const of = limit.status ? fill(WORDS.of, { limit: whole(limit.observedValue) }) : "";
  say(note, NOTES[check.status] || of);
}

export function showHealth(health) {
  const { checks, notes, status } = health;
  verdict(status, notes[0]);
  showSince(status, checks["process:state"][0]);
  renew(at("findings"), notes.slice(1), () => notes.slice(1).map(text => make("li", text)));
  showFacts(checks);
  for (const key of MEASURES) showTile(key, checks);
  say(at("about"), fill(WORDS.version, health));
}
