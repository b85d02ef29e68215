"use strict";

/* Draws the charts of a report from the data that stands in it. Times are seconds since the start of the run. */

(() => {
  const { groups, language } = JSON.parse(document.getElementById("data").textContent);
  const digits = places => new Intl.NumberFormat(language, { maximumFractionDigits: places, useGrouping: "always" });
  const whole = digits(0), tenth = digits(1), hundredth = digits(2);

  function size(bytes) {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let power = 0;
    while (Math.abs(bytes) >= 1024 && power < 4) { bytes /= 1024; power += 1; }
    return (power ? tenth : whole).format(bytes) + " " + units[power];
  }

  function quantity(value, unit) {
    const number = (Math.abs(value) >= 100 ? whole : Math.abs(value) >= 1 ? tenth : hundredth).format(value);
    if (unit === "bytes") return size(value);
    if (unit === "bytes/s") return size(value) + "/s";
    if (unit === "percent") return number + "\u00a0%";
    if (unit === "ms") return number + " ms";
    if (unit === "seconds") return number + " s";
    return unit === "/s" ? number + "/s" : number;
  }

  /* Since the start, as a stopwatch has it. */
  function elapsed(seconds) {
    const two = number => String(Math.floor(number)).padStart(2, "0");
    const hours = Math.floor(seconds / 3600), minutes = seconds % 3600 / 60;
    return (hours ? hours + ":" + two(minutes) : Math.floor(minutes)) + ":" + two(seconds % 60);
  }

  const ALL = times => times.map(() => null);
  const plots = [];

  const charts = groups.flatMap(({ axis, charts }) => charts.map(chart => ({ ...chart, axis })));

  for (const [number, figure] of document.querySelectorAll("figure[data-chart]").entries()) {
    const chart = charts[number], items = [...figure.querySelectorAll("li b")];
    const when = figure.querySelector("time");
    /* The legend says what is under the pointer; without one, the most there was. */
    const told = (index = null) => {
      when.textContent = index === null ? "" : elapsed(chart.at[index]);
      chart.lines.forEach(({ mean, most }, line) => {
        const known = (most ?? mean).filter(value => value !== null);
        const value = index !== null ? mean[index] : known.length ? Math.max(...known) : null;
        items[line].textContent = value === null ? "–" : (index === null ? "≤ " : "") + quantity(value, chart.unit);
      });
    };
    const plot = Charts.draw(figure.querySelector(".plot"), {
      lines: chart.lines,
      format: value => quantity(value, chart.unit),
      binary: chart.unit === "bytes",
      log: chart.unit === "ms",
      clock: elapsed,
      height: figure.classList.contains("wide") ? 220 : undefined,
      told,
    });
    const series = chart.lines.map(({ mean, least, most }) => ({ mean, min: least ?? ALL(mean), max: most ?? ALL(mean) }));
    plot.show(chart.at, series, [0, Math.max(chart.axis.end, 1)], chart.axis.moments);
    told();
    plots.push(plot);
  }

  /* Paper is white, and as wide as it is. */
  const root = document.documentElement;
  addEventListener("beforeprint", () => { root.dataset.printed = ""; plots.forEach(plot => plot.fit()); });
  addEventListener("afterprint", () => { delete root.dataset.printed; plots.forEach(plot => plot.fit()); });
})();
