"use strict";

/* Asks /health each second and shows what it says; of its own it knows only that nobody answers.
   Its words come with the page, in the sidecar's language. */

const EVERY = 1000, PATIENCE = 3000;
const MEASURES = ["connections:established", "connections:other", "memory:resident", "cpu:utilization",
  "threads:count", "fds:open", "process:uptime", "disk:free"];
const ANSWERS = ["protocol:pong", "protocol:http", "protocol:list", "protocol:registration"];
const WORDS = JSON.parse(document.documentElement.dataset.words);
const NOTES = { pass: "", warn: WORDS.warn, fail: WORDS.fail };
const TONES = { pass: "#1a7f4b", warn: "#d98a00", fail: "#b3261e", none: "#8a949d" };

const at = id => document.getElementById(id);
let skew = 0;
const now = () => Date.now() + skew;

function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const fill = (text, parts) => text.replace(/\{(\w+)\}/g, (_, name) => parts[name]);

function make(name, text = "", kind = "") {
  const node = document.createElement(name);
  node.textContent = text;
  if (kind) node.className = kind;
  return node;
}

/* Numbers and times for people. */

const digits = new Intl.NumberFormat("en");
const whole = value => digits.format(value).replaceAll(",", WORDS.thousands);
const fixed = (value, places) => value.toFixed(places).replace(".", WORDS.decimal);

/* In UTC, as in the sidecar's own sentences and mails; with the date when it is not today's. */
function time(iso) {
  const date = iso.slice(0, 10), today = new Date(now()).toISOString().slice(0, 10);
  return (date === today ? "" : date + " ") + iso.slice(11, 19);
}

function duration(seconds) {
  let rest = Math.max(0, Math.round(seconds));
  const parts = [];
  for (const [size, name] of [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]]) {
    if (rest >= size || (size === 1 && !parts.length)) parts.push(Math.floor(rest / size) + " " + name);
    rest %= size;
  }
  return parts.slice(0, 2).join(" ");
}

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let power = 0;
  while (bytes >= 1024 && power < 4) { bytes /= 1024; power += 1; }
  return fixed(bytes, power ? 1 : 0) + " " + units[power];
}

function quantity(value, unit) {
  if (unit === "bytes") return size(value);
  if (unit === "seconds") return duration(value);
  if (unit === "percent") return fill(WORDS.percent, { number: fixed(value, 1) });
  if (unit === "ms") return fixed(value, value < 10 ? 1 : 0) + " ms";
  return whole(value);
}

const ago = iso => duration((now() - Date.parse(iso)) / 1000);

/* The parts of the page. */

const why = check => check.output.replace(WORDS.because, "");

function tile(list, key) {
  let box = at(key);
  if (!box) {
    box = make("div");
    box.id = key;
    box.append(make("dt"), make("dd", "", "value"), make("dd", "", "note"));
    list.append(box);
  }
  return box;
}

function showTiles(list, keys, checks) {
  for (const key of keys) {
    const [check] = checks[key], [label, value, note] = tile(list, key).children;
    const known = check.observedValue !== undefined;
    tile(list, key).dataset.status = check.status || "unknown";
    say(label, check.label);
    say(value, known ? quantity(check.observedValue, check.observedUnit) : check.status ? WORDS.no_answer : WORDS.unknown);
    say(note, known ? NOTES[check.status] : check.status ? fill(WORDS.since, { time: time(check.since) }) : why(check));
  }
}

function showLimit(checks) {
  const [open] = checks["fds:open"], [limit] = checks["fds:limit"];
  if (open.status === "pass" && limit.status) say(at("fds:open").lastChild, fill(WORDS.of, { limit: whole(limit.observedValue) }));
}

function showFindings(sentences) {
  const list = at("findings"), shown = [...list.children].map(item => item.textContent);
  if (shown.join("\n") !== sentences.join("\n")) list.replaceChildren(...sentences.map(text => make("li", text)));
}

function showFacts(checks) {
  const [restart] = checks["restarts:last"], [outbox] = checks["outbox:waiting"];
  say(at("restart"), restart.observedValue
    ? fill(WORDS.restarted, { time: time(restart.time), ago: ago(restart.time), reason: restart.observedValue })
    : why(restart));
  say(at("budget"), checks["restarts:budget"]
    .map(check => fill(WORDS.spent, { spent: check.observedValue, limit: check.limit, within: duration(check.within) }))
    .join(", ") || WORDS.unlimited);
  say(at("outbox"), outbox.output || (outbox.observedValue ? fill(WORDS.waiting, { count: outbox.observedValue }) : WORDS.delivered));
}

function showIncident(checks) {
  const [open] = checks["incidents:open"], [last] = checks["incidents:last"], incident = open || last;
  at("incident").hidden = !incident;
  if (!incident) return;
  const before = open ? at("facts") : at("answers").parentElement;
  if (before.nextElementSibling !== at("incident")) before.after(at("incident"));
  say(at("incident-title"), open ? WORDS.happening : WORDS.happened);
  const key = JSON.stringify(incident);
  if (at("story").dataset.key === key) return;
  at("story").dataset.key = key;
  at("story").replaceChildren(...incident.story.map(line => {
    const item = make("li"), when = make("time", time(line.time));
    when.dateTime = line.time;
    item.append(when, make("span", line.text));
    return item;
  }));
}

function verdict(status, sentence) {
  at("page").dataset.status = status;
  say(at("verdict"), sentence);
  document.title = (status === "none" ? "? " : status === "pass" ? "" : "⚠ ") + sentence;
  const dot = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><circle cx='4' cy='4' r='4' fill='" + TONES[status] + "'/></svg>";
  document.querySelector("link[rel=icon]").href = "data:image/svg+xml," + encodeURIComponent(dot);
}

function show(health) {
  const [state] = health.checks["process:state"];
  verdict(health.status, health.notes[0]);
  say(at("since"), !state.since ? "" : fill(health.status === "fail" ? WORDS.down : WORDS.up,
    { time: time(state.since), ago: ago(state.since) }) + (state.componentId ? fill(WORDS.as_pid, { pid: state.componentId }) : ""));
  showFindings(health.notes.slice(1));
  showFacts(health.checks);
  showTiles(at("measures"), MEASURES, health.checks);
  showTiles(at("answers"), ANSWERS, health.checks);
  showLimit(health.checks);
  showIncident(health.checks);
  say(at("about"), fill(WORDS.version, health));
}

let heard = null;

async function ask() {
  try {
    const answer = await fetch("health", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    const language = answer.headers.get("Content-Language");
    if (language && language !== document.documentElement.lang) location.reload();
    const health = await answer.json();
    skew = Date.parse(answer.headers.get("Date")) - Date.now() || 0;
    heard = new Date(now()).toISOString();
    show(health);
    say(at("asked"), fill(WORDS.as_of, { time: time(heard) }));
  } catch (error) {
    verdict("none", WORDS.silent);
    say(at("since"), WORDS.not_known + (heard ? " " + fill(WORDS.below, { time: time(heard) }) : ""));
  }
  setTimeout(ask, EVERY);
}

ask();
