"use strict";

/* Time series, drawn by uPlot: lines, a band from the least to the most where a point stands for many, and what
   happened meanwhile as marks. Times are epoch seconds, shown in UTC, unless `clock` writes them; null is a gap. */

const Charts = (() => {
  const HEIGHT = 132, AXIS = 70, BELOW = 26, LEAST = 0.01;
  const tint = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const line = number => () => tint("--line-" + (number + 1));

  function utc(seconds, step) {
    const iso = new Date(seconds * 1000).toISOString();
    if (step >= 86400) return iso.slice(5, 10);
    return iso.slice(11, step >= 60 ? 16 : 19);
  }

  const POWERS = Array.from({ length: 50 }, (_, power) => 2 ** power);

  /* A line, and around it two that are not seen and hold its band. */
  function trio(number) {
    const hidden = { stroke: "transparent", width: 0, points: { show: false } };
    const seen = { stroke: line(number), width: 1.5, points: { size: 4, fill: line(number) } };
    return [seen, hidden, hidden];
  }

  const bands = lines => lines.map((_, number) =>
    ({ series: [3 * number + 3, 3 * number + 2], fill: () => line(number)() + "30" }));

  function paint(u, marks) {
    const { ctx, bbox } = u, at = seconds => Math.round(u.valToPos(seconds, "x", true));
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const { since, until, kind } of marks) {
      ctx.fillStyle = tint("--" + kind) + "2e";
      ctx.fillRect(at(since), bbox.top, Math.max(at(until) - at(since), 1), bbox.height);
      ctx.fillStyle = tint("--" + kind);
      ctx.fillRect(at(since), bbox.top, 2, bbox.height);
    }
    ctx.restore();
  }

  const fromNothing = (_, least, most) => [Math.min(0, least ?? 0), (most ?? 0) > 0 ? most * 1.08 : 1];
  const byTens = (_, least, most) => [10 ** Math.floor(Math.log10(least || LEAST)), (most || 1) * 1.3];
  const above = values => values.map(value => value === null ? null : Math.max(value, LEAST));

  /* `format` writes a value for people; `binary`: of bytes; `log`: each power of ten has the same height;
     `told(index)` is called with where the pointer is. */
  function draw(place, { lines, format, binary = false, log = false, height = HEIGHT, clock = utc, told = () => {} }) {
    let marks = [];
    const axis = { stroke: () => tint("--quiet"), grid: { stroke: () => tint("--line"), width: 1 }, ticks: { show: false } };
    const chart = new uPlot({
      width: place.clientWidth || 400,
      height,
      tzDate: seconds => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      legend: { show: false },
      cursor: { sync: { key: "time", setSeries: false }, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: log ? { distr: 3, range: byTens } : { range: fromNothing } },
      axes: [
        { ...axis, space: 70, size: BELOW, values: (_, splits, __, ___, step) => splits.map(one => clock(one, step)) },
        { ...axis, size: AXIS, space: 32, ...(binary && { incrs: POWERS }), values: (_, splits) => splits.map(one => one === null ? "" : format(one)) },
      ],
      series: [{}, ...lines.flatMap((_, number) => trio(number))],
      bands: bands(lines),
      hooks: { drawAxes: [u => paint(u, marks)], setCursor: [u => told(u.cursor.idx)] },
    }, [[], ...lines.flatMap(() => [[], [], []])], place);

    function fit() {
      if (place.clientWidth) chart.setSize({ width: place.clientWidth, height });
    }
    new ResizeObserver(fit).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart.redraw());

    return {
      /* To be called where the width or the colours change and no observer tells: before it is printed. */
      fit,
      /* `series`: for each line its `mean`, `min` and `max`. */
      show(times, series, [since, until], happened) {
        const columns = series.flatMap(one => [one.mean, one.min, one.max]);
        marks = happened;
        chart.batch(() => {
          chart.setData([times, ...(log ? columns.map(above) : columns)], false);
          chart.setScale("x", { min: since, max: until });
        });
      },
    };
  }

  return { draw };
})();
