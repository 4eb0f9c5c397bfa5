/* Small charts from the table beside them: the table is the truth, and reads without JavaScript. */
"use strict";
(() => {
  const drawn = new WeakMap();
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const seconds = (day) => Date.parse(day + "T00:00:00Z") / 1000;

  function bands(chart, marks) {
    return (u) => {
      const { ctx, bbox } = u;
      ctx.save();
      ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
      for (const band of chart.bands || []) {
        const top = band.to === null ? bbox.top : u.valToPos(band.to, "y", true);
        const bottom = band.from === null ? bbox.top + bbox.height : u.valToPos(band.from, "y", true);
        ctx.fillStyle = token(band.grade >= 3 ? "--bad-soft" : "--wait-soft");
        ctx.fillRect(bbox.left, Math.min(top, bottom), bbox.width, Math.abs(bottom - top));
        ctx.fillStyle = token("--soft"); ctx.font = `${10 * devicePixelRatio}px system-ui`;
        ctx.textAlign = "right"; ctx.textBaseline = "middle";
        const y = Math.max(bbox.top + 7, Math.min(bbox.top + bbox.height - 7, (Math.max(top, bbox.top) + Math.min(bottom, bbox.top + bbox.height)) / 2));
        const seen = Math.min(bottom, bbox.top + bbox.height) - Math.max(Math.min(top, bottom), bbox.top);
        if (seen > 12 * devicePixelRatio) ctx.fillText(band.word, bbox.left + bbox.width - 4, y);
      }
      ctx.strokeStyle = token("--edge"); ctx.setLineDash([3, 3]); ctx.lineWidth = 1;
      for (const mark of marks) {
        const x = Math.round(u.valToPos(mark.at, "x", true));
        ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke();
      }
      ctx.restore();
    };
  }

  function draw(figure) {
    const place = figure.querySelector(".plot");
    const chart = JSON.parse(place.dataset.chart);
    if (!chart.days.length || typeof uPlot === "undefined") return;
    const old = drawn.get(figure);
    if (old) old.destroy();
    const marks = (chart.marks || []).map((one) => ({ at: seconds(one.day), word: one.word }));
    const ink = token("--soft"), grid = token("--rule"), color = token(chart.color || "--l2");
    const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "10px system-ui" };
    const u = new uPlot({
      width: Math.max(place.clientWidth, 160), height: 150, tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), "UTC"),
      cursor: { y: false }, legend: { show: true, live: true },
      scales: { x: { time: true }, y: { distr: chart.log ? 3 : 1, range: chart.log ? undefined : (self, low, high) => {
        const least = Math.min(0, low), most = Math.max(high, chart.top || high); return [least, most * 1.08 || 1]; } } },
      axes: [{ ...axis, size: 26, space: 62, values: (self, splits) => splits.map((ts) => {
        const far = splits.length > 1 && splits[1] - splits[0] >= 27 * 86400, day = new Date(ts * 1000).toISOString();
        return far ? day.slice(0, 7) : day.slice(5, 10);
      }) }, { ...axis, size: 46, values: (self, splits) => splits.map((v) => (Math.abs(v) >= 10000 ? v / 1000 + "k" : String(v))) }],
      series: [
        { value: (self, ts) => (ts === null ? "–" : new Date(ts * 1000).toISOString().slice(0, 10)) , label: place.dataset.day },
        { label: chart.name, stroke: color, width: 1.5, points: { show: true, size: 5, fill: color, stroke: color },
          value: (self, v) => (v === null || v === undefined ? "–" : v + " " + chart.unit) },
      ],
      hooks: { drawClear: [bands(chart, marks)] },
    }, [chart.days.map(seconds), chart.values], place);
    drawn.set(figure, u);
  }

  const all = (root) => root.querySelectorAll("figure[data-plot]");
  const again = () => all(document).forEach(draw);
  document.addEventListener("DOMContentLoaded", again);
  document.addEventListener("galu:shown", (event) => all(event.detail).forEach(draw));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  let waiting = 0;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(again, 150); });
})();
