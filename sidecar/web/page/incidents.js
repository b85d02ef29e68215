/* What went wrong and what was done about it: a list, and the marks on the axis of time. */

import { at, make, renew } from "./dom.js";
import { duration, fill, now, time, WORDS } from "./words.js";

const MONTH = 30 * 86400, MOST = 20, REFRESH = 60000;
let known = null;

function story(lines) {
  const list = make("ol");
  list.append(...lines.map(line => {
    const item = make("li"), when = make("time", time(line.time));
    when.dateTime = line.time;
    item.append(when, make("span", line.text));
    return item;
  }));
  return list;
}

function row(incident) {
  const details = make("details"), summary = make("summary"), when = make("time", time(incident.opened));
  const until = incident.closed ? Date.parse(incident.closed) : now();
  const length = duration((until - Date.parse(incident.opened)) / 1000);
  when.dateTime = incident.opened;
  details.dataset.severity = incident.severity;
  details.open = !incident.closed;
  summary.append(when, make("b", incident.name), make("span", incident.brief),
    make("span", incident.closed ? length : fill(WORDS.still, { length }), "length"));
  details.append(summary, story(incident.story));
  return details;
}

function marks({ incidents, restarts }) {
  const seconds = iso => (iso ? Date.parse(iso) : now()) / 1000;
  return [
    ...incidents.map(({ opened, closed, severity }) => ({ since: seconds(opened), until: seconds(closed), kind: severity === "fail" ? "bad" : "warn" })),
    ...restarts.filter(one => one.reason).map(one => ({ since: seconds(one.time), until: seconds(one.time), kind: "restarted" })),
  ];
}

/* Asked again when another incident is open, or one has gone on; and now and then. */
export function startIncidents(showMarks) {
  async function ask() {
    const answer = await fetch(`api/v1/incidents?since=-${MONTH}&limit=${MOST}`);
    if (!answer.ok) return;
    const past = await answer.json();
    showMarks(marks(past));
    renew(at("incidents"), past.incidents, () => past.incidents.map(row));
    at("no-incidents").hidden = past.incidents.length > 0;
  }

  setInterval(ask, REFRESH);
  return ({ checks }) => {
    const key = JSON.stringify([checks["incidents:open"], checks["restarts:last"], checks["incidents:last"].length]);
    if (key === known) return;
    known = key;
    ask();
  };
}
