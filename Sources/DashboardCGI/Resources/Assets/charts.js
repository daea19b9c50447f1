// Charts of requests over time with tooltips, drawn by Chart.js if it is installed.
const charts = (() => {
  "use strict";

  const shown = new Map();
  const compact = new Intl.NumberFormat("en", { notation: "compact" });
  const whole = new Intl.NumberFormat("en");

  /** The colours of the style sheet in the current theme. Charts read them each time that they are drawn. */
  const colours = {};

  function mixColours() {
    const probe = document.createElement("span");
    document.body.append(probe);
    for (const name of ["allowed", "blocked", "failed", "text", "muted", "grid", "uncounted", "tip", "tip-text"]) {
      probe.className = `probe ${name}`;
      colours[name] = getComputedStyle(probe).color;
    }
    probe.remove();
  }

  /** Stripes of a colour, for a bar that has not ended. */
  function hatched(context, colour) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const pen = tile.getContext("2d");
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    for (const shift of [-6, 0, 6]) {
      pen.moveTo(shift - 1, 7);
      pen.lineTo(shift + 7, -1);
    }
    pen.stroke();
    return context.createPattern(tile, "repeat");
  }

  function makeChart(figure) {
    const set = (key, label) => ({
      key, label, data: [], barPercentage: 0.92, categoryPercentage: 0.92, borderRadius: 1,
      backgroundColor: ({ chart, dataIndex }) =>
        chart.options.partial?.[dataIndex] ? hatched(chart.ctx, colours[key]) : colours[key],
    });
    const line = (key, label, colour, borderWidth) => ({
      key, label, type: "line", stack: key, data: [], pointRadius: 0, pointHitRadius: 0,
      borderWidth, borderColor: () => colours[colour], backgroundColor: () => colours[colour],
    });
    const ticks = { color: () => colours.muted };
    const tip = () => colours["tip-text"];
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    return new Chart(figure.querySelector("canvas"), {
      type: "bar",
      plugins: [{
        // Shades the time before counting began: nobody knows whether there were requests.
        beforeDraw(chart) {
          const bars = chart.data.datasets[0].data;
          const first = bars.findIndex((count) => count !== null);
          const { left, top, width, height } = chart.chartArea;
          chart.ctx.fillStyle = colours.uncounted;
          chart.ctx.fillRect(left, top, (width * (first < 0 ? bars.length : first)) / Math.max(1, bars.length), height);
        },
        // Draws each annotation as a dashed line in the middle of its bar.
        afterDatasetsDraw(chart) {
          const { ctx, chartArea: area, scales } = chart;
          ctx.save();
          ctx.strokeStyle = colours.muted;
          ctx.setLineDash([4, 3]);
          for (const mark of chart.marks || []) {
            const x = scales.x.getPixelForValue(mark.bar);
            ctx.beginPath();
            ctx.moveTo(x, area.top);
            ctx.lineTo(x, area.bottom);
            ctx.stroke();
          }
          ctx.restore();
        },
      }],
      data: {
        labels: [],
        datasets: [
          set("allowed", "Allowed"), set("blocked", "Blocked"), set("failed", "Store failed"),
          line("before", "Before", "muted", 1), line("limit", "Limit", "text", 1.5),
        ],
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false },
        scales: {
          x: {
            stacked: true, grid: { display: false, drawBorder: false },
            ticks: { ...ticks, maxRotation: 0, autoSkipPadding: 24 },
          },
          y: {
            stacked: true, beginAtZero: true, suggestedMax: 4,
            grid: { drawBorder: false, color: () => colours.grid },
            ticks: { ...ticks, precision: 0, maxTicksLimit: 5, callback: (value) => compact.format(value) },
          },
        },
        plugins: {
          legend: { display: false },
          tooltip: {
            padding: 10, boxPadding: 4, usePointStyle: true,
            backgroundColor: () => colours.tip, titleColor: tip, bodyColor: tip, footerColor: tip,
            filter: (item) => item.raw > 0 || item.datasetIndex < 2,
            itemSort: (a, b) => a.datasetIndex - b.datasetIndex,
            callbacks: {
              label: (item) => `${item.dataset.label} ${whole.format(item.raw)}`,
              footer: (items) => {
                const bars = items.filter((item) => item.dataset.type !== "line");
                const isPartial = items[0]?.chart.options.partial[items[0].dataIndex];
                const total = `Total ${whole.format(bars.reduce((sum, item) => sum + item.raw, 0))}`;
                const marks = (items[0]?.chart.marks || []).filter((mark) => mark.bar === items[0].dataIndex);
                return [isPartial ? `${total}, incomplete` : total, ...marks.map((mark) => mark.text)];
              },
            },
          },
        },
      },
    });
  }

  function localLabel(at, step) {
    const time = new Date(at * 1000);
    const day = time.toLocaleDateString("en", { month: "short", day: "numeric" });
    if (step >= 86400) return day;
    const hour = settings.clock(time).slice(0, step < 60 ? 8 : 5);
    return step < 3600 ? hour : `${day}, ${hour}`;
  }

  function draw() {
    if (!window.Chart) return load();
    for (const [figure, entry] of shown) {
      if (figure.isConnected) continue;
      entry.chart.destroy();
      shown.delete(figure);
    }
    for (const figure of document.querySelectorAll("figure[data-chart]")) {
      let entry = shown.get(figure);
      if (!entry) {
        document.documentElement.classList.add("has-charts");
        entry = { chart: makeChart(figure), text: "" };
        shown.set(figure, entry);
      }
      if (entry.text === figure.dataset.chart) continue;
      entry.text = figure.dataset.chart;
      const data = JSON.parse(entry.text);
      entry.data = data;
      entry.chart.data.labels = settings.isLocal ? data.at.map((at) => localLabel(at, data.step)) : data.labels;
      entry.chart.options.partial = data.partial;
      entry.chart.marks = data.marks;
      for (const set of entry.chart.data.datasets) set.data = data[set.key];
      entry.chart.update("none");
    }
  }

  /** Loads Chart.js, if it is installed and the page has a chart. */
  function load() {
    const { charts: address } = document.querySelector("script[data-charts]")?.dataset ?? {};
    if (!address || !document.querySelector("figure[data-chart]") || document.getElementById("chart-library")) return;
    const script = document.createElement("script");
    script.id = "chart-library";
    script.src = address;
    script.addEventListener("load", draw);
    document.head.append(script);
  }

  /** Draws all charts again, in the colours of the current theme. */
  function repaint() {
    mixColours();
    shown.forEach((entry) => entry.chart.update("none"));
  }

  // Charts as links: a bar leads to its events, a dragged stretch to its time ----------------------------------------

  let dragStart = null;

  /** The data of the chart under a pointer, and the index of the bar; `null` outside of charts. */
  function barAt(event) {
    const figure = event.target.closest?.("figure[data-chart]");
    const entry = figure && shown.get(figure);
    if (!entry) return null;
    const { left } = entry.chart.canvas.getBoundingClientRect();
    const last = entry.chart.data.labels.length - 1;
    const bar = entry.chart.scales.x.getValueForPixel(event.clientX - left);
    return { data: entry.data, index: Math.min(Math.max(0, bar), last) };
  }

  function leaveFor(page, from, to) {
    const query = new URLSearchParams(location.search);
    for (const name of ["range", "before"]) query.delete(name);
    query.set("from", from);
    query.set("to", to);
    location.assign(`${page}?${query}`);
  }

  document.addEventListener("pointerdown", (event) => (dragStart = event.button === 0 ? barAt(event) : null));
  document.addEventListener("pointerup", (event) => {
    const [from, to] = [dragStart, barAt(event)];
    dragStart = null;
    if (!from || !to) return;
    const [first, last] = [from.index, to.index].sort((a, b) => a - b);
    const [start, end] = [to.data.at[first], to.data.at[last] + to.data.step];
    if (first === last) leaveFor("events", start, end);
    else leaveFor(location.pathname.split("/").pop() || "./", start, end);
  });

  mixColours();
  return { draw, repaint };
})();
