// Makes pages interactive: charts with tooltips, figures that stay current, light and dark.
(() => {
  "use strict";

  const root = document.documentElement;
  const interval = 2000;
  /** How long an answer may take, and how old figures may be that are called live: together 10 s after the last ones. */
  const patience = 10000 - interval;

  // Charts -----------------------------------------------------------------------------------------------------------

  const charts = new Map();
  const compact = new Intl.NumberFormat("en", { notation: "compact" });
  const whole = new Intl.NumberFormat("en");

  /** The colours of the style sheet in the current theme. Charts read them each time that they are drawn. */
  const colours = {};

  function mixColours() {
    const probe = document.createElement("span");
    document.body.append(probe);
    for (const name of ["allowed", "blocked", "failed", "muted", "grid", "tip", "tip-text"]) {
      probe.className = `probe ${name}`;
      colours[name] = getComputedStyle(probe).color;
    }
    probe.remove();
  }

  function makeChart(figure) {
    const set = (key, label) => ({
      key, label, data: [], barPercentage: 0.92, categoryPercentage: 0.92, borderRadius: 1,
      backgroundColor: () => colours[key],
    });
    const ticks = { color: () => colours.muted };
    const tip = () => colours["tip-text"];
    return new Chart(figure.querySelector("canvas"), {
      type: "bar",
      data: { labels: [], datasets: [set("allowed", "Allowed"), set("blocked", "Blocked"), set("failed", "Store failed")] },
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
            callbacks: {
              label: (item) => `${item.dataset.label} ${whole.format(item.raw)}`,
              footer: (items) => `Total ${whole.format(items.reduce((sum, item) => sum + item.raw, 0))}`,
            },
          },
        },
      },
    });
  }

  function drawCharts() {
    if (!window.Chart) return;
    for (const [figure, entry] of charts) {
      if (figure.isConnected) continue;
      entry.chart.destroy();
      charts.delete(figure);
    }
    for (const figure of document.querySelectorAll("figure[data-chart]")) {
      let entry = charts.get(figure);
      if (!entry) {
        root.classList.add("has-charts");
        entry = { chart: makeChart(figure), text: "" };
        charts.set(figure, entry);
      }
      if (entry.text === figure.dataset.chart) continue;
      entry.text = figure.dataset.chart;
      const data = JSON.parse(entry.text);
      entry.chart.data.labels = data.labels;
      for (const set of entry.chart.data.datasets) set.data = data[set.key];
      entry.chart.update("none");
    }
  }

  // Light and dark ---------------------------------------------------------------------------------------------------

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const repaint = () => {
    mixColours();
    charts.forEach((entry) => entry.chart.update("none"));
  };
  const themeButton = document.getElementById("theme");
  themeButton.hidden = false;
  themeButton.addEventListener("click", () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
    root.dataset.theme = isDark ? "light" : "dark";
    try {
      localStorage.setItem("fcgi-limiter-theme", root.dataset.theme);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    repaint();
  });
  dark.addEventListener("change", repaint);

  // Staying current --------------------------------------------------------------------------------------------------

  const live = document.getElementById("live");
  const liveText = document.getElementById("live-text");
  const pauseButton = document.getElementById("pause");
  let isPaused = false;
  let timer = 0;
  let lastUpdate = new Date();
  const icon = document.querySelector("link[rel=icon]");
  const alarms = document.getElementById("alarms");

  const clock = (time) => time.toISOString().slice(11, 19);

  function say(state, text) {
    live.dataset.state = state;
    if (liveText.textContent !== text) liveText.textContent = text;
  }

  /** Says what the server says about the limiters, in the bar, the title and the icon. */
  function sayLive(page = document) {
    const { silent } = page.getElementById("live").dataset;
    if (page.querySelector("#main .problem")) say("down", "Trying again every 2 s");
    else if (silent) say("down", `No limiter has written since ${silent}`);
    else say("live", `Live, ${clock(lastUpdate)}`);
  }

  /** Keeps the figures and marks them: they are as old as the last update. */
  function markStale(reason) {
    say("down", `Not updated since ${clock(lastUpdate)}`);
    const text = `The figures are those of ${clock(lastUpdate)} UTC: ${reason}`;
    if (alarms.textContent !== text) {
      const line = document.createElement("p");
      line.textContent = text;
      alarms.replaceChildren(line);
    }
    root.dataset.stale = "";
    root.dataset.fault = "";
    icon.href = icon.dataset.alarm;
    if (!document.title.startsWith("Stale: ")) document.title = `Stale: ${document.title}`;
  }

  /** Shows a page that the server has just made. */
  function show(page) {
    become(document.getElementById("main"), page.getElementById("main"));
    become(alarms, page.getElementById("alarms"));
    document.title = page.title;
    delete root.dataset.stale;
    root.toggleAttribute("data-fault", page.documentElement.hasAttribute("data-fault"));
    const { href } = page.querySelector("link[rel=icon]");
    if (icon.href !== href) icon.href = href;
    drawCharts();
  }

  /** Makes `old` equal to `fresh`, node by node, and changes nothing that is equal already: focus, scroll positions and
      selections stay. */
  function become(old, fresh) {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    // Keeps fields that the user is filling in, and elements that scripts draw on.
    if (old.hasAttribute("data-keep") || (old === document.activeElement && old.matches("input, select"))) return;
    for (const { name } of [...old.attributes]) {
      if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of [...fresh.attributes]) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    const [was, is] = [[...old.childNodes], [...fresh.childNodes]];
    is.forEach((node, index) => (index < was.length ? become(was[index], node) : old.append(node)));
    was.slice(is.length).forEach((node) => node.remove());
  }

  async function refresh() {
    if (Date.now() - lastUpdate > interval + patience) markStale("the page was not updated meanwhile.");
    const main = document.getElementById("main");
    const slow = setTimeout(() => main.setAttribute("aria-busy", "true"), 600);
    try {
      const answer = await fetch(location.href, {
        cache: "no-store", headers: { Accept: "text/html" }, signal: AbortSignal.timeout(patience),
      });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (isPaused) return;
      const problem = page.querySelector("#main .problem");
      if (answer.ok || (problem && main.querySelector(".problem"))) {
        lastUpdate = new Date();
        show(page);
        sayLive(page);
      } else if (problem) {
        markStale([...problem.children].map((part) => part.textContent).join(" "));
      } else {
        const signIn = answer.status === 401 || answer.status === 403;
        markStale(signIn ? "sign in again." : `the server answers with status ${answer.status}.`);
      }
    } catch {
      if (!isPaused) markStale("the server does not answer.");
    } finally {
      clearTimeout(slow);
      main.removeAttribute("aria-busy");
      schedule();
    }
  }

  function schedule() {
    clearTimeout(timer);
    if (!isPaused && !document.hidden) timer = setTimeout(refresh, interval);
  }

  function setPaused(paused) {
    isPaused = paused;
    pauseButton.setAttribute("aria-pressed", String(paused));
    pauseButton.querySelector(".button-text").textContent = paused ? "Resume" : "Pause";
    if (paused) {
      clearTimeout(timer);
      say("paused", `Paused at ${clock(lastUpdate)}`);
    } else {
      sayLive();
      refresh();
    }
  }

  pauseButton.hidden = false;
  pauseButton.addEventListener("click", () => setPaused(!isPaused));
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : isPaused || refresh()));

  // Filters ----------------------------------------------------------------------------------------------------------

  document.addEventListener("change", (event) => {
    if (event.target.matches("#choices select")) event.target.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    // Leaves empty fields out of the address.
    for (const field of event.target.elements) if (field.name && field.value === "") field.disabled = true;
    document.getElementById("main").setAttribute("aria-busy", "true");
  });
  // A page from the back-forward cache still has its fields disabled.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form :disabled").forEach((field) => (field.disabled = false));
    document.getElementById("main").removeAttribute("aria-busy");
  });
  document.addEventListener("click", (event) => {
    for (const sheet of document.querySelectorAll("details.custom[open]")) {
      if (!sheet.contains(event.target)) sheet.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const sheet = document.querySelector("details.custom[open]");
    if (event.key === "Escape" && sheet) {
      sheet.open = false;
      sheet.querySelector("summary").focus();
    }
  });

  mixColours();
  drawCharts();
  sayLive();
  schedule();
})();
