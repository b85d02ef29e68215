/* The charts: what was, from the sidecar's history, and what comes, from its stream, on one axis of time. */

import { at, make, say } from "./dom.js";
import { fill, now, quantity, why, WORDS } from "./words.js";

const LIVE = 900, MOST = 900, REFRESH = 60, WINDOW = 60, BEHIND = 20;
const NUMBERS = ["mean", "min", "max"];
/* `of`: which number of a series is the line, where it is not its mean. */
const CHARTS = [
  { id: "cpu", unit: "percent", lines: [["cpu:utilization"], ["gc:utilization"]] },
  { id: "memory", unit: "bytes", lines: [["memory:resident"]] },
  { id: "latency", unit: "ms", lines: [["protocol:pong", "p50"], ["protocol:pong", "p99"], ["protocol:http", "p50"], ["protocol:http", "p99"]] },
  { id: "clients", unit: "clients", lines: [["clients:registered"], ["clients:pending"], ["clients:services"], ["clients:vpn"]] },
  { id: "sockets", unit: "sockets", lines: [["connections:established"], ["connections:other"], ["connections:close-wait"]] },
  { id: "threads", unit: "threads", lines: [["threads:count"], ["threads:timers"]] },
  { id: "fds", unit: "descriptors", lines: [["fds:open"]] },
  { id: "disk", unit: "bytes", lines: [["disk:free"]] },
];
const KEYS = [...new Set(CHARTS.flatMap(chart => chart.lines.map(([key]) => key)))];

let range = LIVE, step = 1, times = [], series = {}, recent = [], marks = [], labels = {}, reasons = {};

const seconds = () => now() / 1000;
const empty = () => Object.fromEntries(KEYS.map(key => [key, { mean: [], min: [], max: [] }]));

function build(chart) {
  const figure = make("figure"), caption = make("figcaption"), legend = make("ul"), place = make("div", "", "plot");
  caption.append(make("h3", WORDS["chart_" + chart.id]), legend);
  figure.append(caption, place, make("p", "", "unknown"));
  place.setAttribute("role", "img");
  legend.append(...chart.lines.map((_, number) => {
    const item = make("li"), swatch = make("i", "", "line-" + (number + 1));
    item.append(swatch, make("span"), make("b"));
    return item;
  }));
  at("charts").append(figure);
  chart.figure = figure;
  chart.plot = Charts.draw(place, {
    lines: chart.lines,
    format: value => quantity(value, chart.unit),
    binary: chart.unit === "bytes",
    told: index => describe(chart, index),
  });
}

/* Of a second's values there is no percentile; so it is that of the last minute's. */
function sliding(values, share) {
  return values.map((value, index) => {
    const window = values.slice(Math.max(0, index + 1 - WINDOW), index + 1).filter(one => one !== null).sort((a, b) => a - b);
    return value === null || !window.length ? null : window[Math.ceil(share * window.length) - 1];
  });
}

function points(key, of) {
  const one = series[key] || {};
  const mean = one.mean || times.map(() => null);
  if (!of) return { mean, min: one.min || mean, max: one.max || mean };
  const line = step === 1 ? sliding(mean, of === "p50" ? 0.5 : 0.99) : one[of] || times.map(() => null);
  return { mean: line, min: line, max: line };
}

const named = (key, of) => (labels[key] || key) + (of ? " " + of : "");
/* What is not known for longer than the past is behind is not known. */
const last = values => values.slice(-1 - Math.ceil(BEHIND / step)).findLast(value => value !== null) ?? null;

/* The legend says what is under the pointer; without one, what is now. */
function describe(chart, index) {
  if (!chart.shown) return;
  [...chart.figure.querySelectorAll("li")].forEach((item, number) => {
    const [key, of] = chart.lines[number], { mean } = chart.shown[number];
    const value = index === null || index === undefined ? last(mean) : mean[index];
    say(item.children[1], chart.lines.length > 1 ? named(key, of) : "");  /* A single line is what the title says. */
    say(item.children[2], value === null ? WORDS.unknown : quantity(value, chart.unit));
  });
}

/* For who does not see it: the last value of each line, its least and its most. */
function spoken(chart) {
  return chart.lines.map(([key, of], number) => {
    const { mean, min, max } = chart.shown[number], known = values => values.filter(value => value !== null);
    const least = known(min), most = known(max), label = named(key, of);
    if (!least.length) return label + ": " + WORDS.unknown;
    const [low, high, value] = [Math.min(...least), Math.max(...most), last(mean)]
      .map(one => one === null ? WORDS.unknown : quantity(one, chart.unit));
    return fill(WORDS.spoken, { label, value, low, high });
  }).join("; ");
}

function draw() {
  if (document.hidden) return;
  for (const chart of CHARTS) {
    chart.shown = chart.lines.map(([key, of]) => points(key, of));
    const known = chart.shown.some(({ mean }) => mean.some(value => value !== null));
    chart.figure.dataset.known = known;
    say(chart.figure.lastChild, known ? "" : WORDS.unknown + (reasons[chart.lines[0][0]] ? ": " + reasons[chart.lines[0][0]] : ""));
    chart.plot.show(times, chart.shown, [seconds() - range, seconds()], marks);
    describe(chart, null);
  }
}

/* Now and then, for it changes each second, and nobody listens that fast. */
function speak() {
  for (const chart of CHARTS) if (chart.shown) chart.figure.querySelector(".plot").setAttribute("aria-label", spoken(chart));
}

/* What is read is up to ten seconds behind: what came meanwhile is put where it belongs. */
export async function fetchPast() {
  const asked = range;
  const answer = await fetch(`api/v1/samples?since=-${range}&points=${MOST}&measures=${KEYS.join(",")}`);
  if (!answer.ok || asked !== range) return;
  ({ times, series, step } = await answer.json());
  if (step === 1) recent.forEach(put);
  draw();
  speak();
}

const columns = one => Object.values(one).filter(Array.isArray);

function put({ second, values }) {
  let index = times.lastIndexOf(second);
  if (index < 0 && second > (times.at(-1) ?? 0)) {
    index = times.push(second) - 1;
    for (const one of Object.values(series)) for (const column of columns(one)) column.push(null);
  }
  if (index < 0) return;
  for (const key of KEYS) for (const name of NUMBERS) series[key][name][index] ??= values[key];
}

/* A point of now, from /health; what is older than the range goes. */
function append(checks) {
  const point = { second: Math.floor(seconds()), values: {} };
  for (const key of KEYS) point.values[key] = checks[key][0].observedValue ?? null;
  recent = [...recent.slice(1 - BEHIND), point];
  if (step > 1) return;
  put(point);
  while (times[0] < point.second - range) {
    times.shift();
    for (const one of Object.values(series)) for (const column of columns(one)) column.shift();
  }
}

export function showMarks(happened) {
  marks = happened;
}

export function showLive({ checks }) {
  for (const key of KEYS) {
    const [check] = checks[key];
    labels[key] = check.label;
    reasons[key] = check.observedValue === undefined ? why(check) : "";
  }
  append(checks);
  draw();
}

export function startHistory() {
  series = empty();
  for (const chart of CHARTS) build(chart);
  at("ranges").addEventListener("change", event => {
    range = Number(event.target.value);
    fetchPast();
  });
  document.addEventListener("visibilitychange", draw);
  setInterval(() => { step > 1 ? fetchPast() : speak(); }, REFRESH * 1000);
  fetchPast();
  setTimeout(fetchPast, BEHIND * 1000);  /* What was not written yet when the page was opened. */
}
