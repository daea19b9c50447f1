// Makes pages interactive: figures that stay current, filters, light and dark, time zones.
(() => {
  "use strict";

  const root = document.documentElement;
  let interval = Number(settings.kept("interval") ?? 2) * 1000;
  /** How long an answer may take. At the usual interval, figures that are not updated are marked stale after 10 s. */
  const waitLimit = 8000;

  // Light and dark ---------------------------------------------------------------------------------------------------

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const themeButton = document.getElementById("theme");
  themeButton.hidden = false;
  themeButton.addEventListener("click", () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
    root.dataset.theme = isDark ? "light" : "dark";
    settings.keep("theme", root.dataset.theme);
    charts.repaint();
  });
  dark.addEventListener("change", charts.repaint);

  // Staying current --------------------------------------------------------------------------------------------------

  const live = document.getElementById("live");
  const liveText = document.getElementById("live-text");
  const pauseButton = document.getElementById("pause");
  const liveTime = document.getElementById("live-time");
  let isPaused = settings.kept("paused") === "true";
  let timer = 0;
  let lastUpdate = new Date();
  const icon = document.querySelector("link[rel=icon]");
  const alarms = document.getElementById("alarms");

  /** Shows a state, its text and a time in the bar. Screen readers announce the text when it changes, but never the time. */
  function say(state, text, time = lastUpdate) {
    live.dataset.state = state;
    if (liveText.textContent !== text) liveText.textContent = text;
    liveTime.textContent = time ? settings.clock(time) : "";
  }

  /** Shows in the bar whether the figures are live, as the server's page says. */
  function sayLive(page = document) {
    const { silent } = page.getElementById("live").dataset;
    if (page.querySelector("#main .problem")) say("down", "Trying again", null);
    else if (isPast()) say("past", "Past range", null);
    else if (silent) say("down", `No limiter has written since ${silent}`, null);
    else say("live", "Live");
  }

  /** Keeps the figures of the last update and marks them as stale. */
  function markStale(reason) {
    say("down", "Not updated since");
    const text = `The figures are those of ${settings.clock(lastUpdate)}${settings.isLocal ? "" : " UTC"}: ${reason}`;
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

  /** Replaces what is shown by a fresh page from the server. */
  function show(page) {
    become(document.getElementById("main"), page.getElementById("main"));
    become(alarms, page.getElementById("alarms"));
    document.title = page.title;
    delete root.dataset.stale;
    root.toggleAttribute("data-fault", page.documentElement.hasAttribute("data-fault"));
    const { href } = page.querySelector("link[rel=icon]");
    if (icon.href !== href) icon.href = href;
    localize();
    charts.draw();
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
    if (old.matches("tbody")) {
      becomeRows(old, fresh);
      return;
    }
    const [was, is] = [[...old.childNodes], [...fresh.childNodes]];
    is.forEach((node, index) => (index < was.length ? become(was[index], node) : old.append(node)));
    was.slice(is.length).forEach((node) => node.remove());
  }

  /** Updates the rows of a table by their keys. A table under the pointer stays as it is. */
  function becomeRows(old, fresh) {
    if (old.matches(":hover")) return;
    const rows = new Map([...old.rows].map((row) => [row.dataset.key, row]));
    const wanted = [...fresh.rows].map((row) => {
      const known = rows.get(row.dataset.key);
      rows.delete(row.dataset.key);
      if (known) become(known, row);
      return known ?? row;
    });
    wanted.forEach((row, index) => old.rows[index] !== row && old.insertBefore(row, old.rows[index] ?? null));
    while (old.rows.length > wanted.length) old.rows[wanted.length].remove();
    for (const node of [...old.childNodes]) if (node.nodeType === Node.TEXT_NODE) node.remove();
  }

  async function refresh() {
    if (Date.now() - lastUpdate > interval + waitLimit && !isPast()) markStale("the page has not been updated since.");
    const main = document.getElementById("main");
    const slow = setTimeout(() => main.setAttribute("aria-busy", "true"), 600);
    try {
      const answer = await fetch(location.href, {
        cache: "no-store", headers: { Accept: "text/html" }, signal: AbortSignal.timeout(waitLimit),
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
    if (!isPaused && !document.hidden && !isPast()) timer = setTimeout(refresh, interval);
  }

  /** Whether the page shows a past range, which does not change. */
  const isPast = () => "past" in live.dataset;

  function setPaused(paused) {
    isPaused = paused;
    settings.keep("paused", paused);
    showPause();
    if (!paused) refresh();
  }

  function showPause() {
    pauseButton.setAttribute("aria-pressed", String(isPaused));
    pauseButton.querySelector(".button-text").textContent = isPaused ? "Resume" : "Pause";
    if (isPaused) {
      clearTimeout(timer);
      say("paused", "Paused at");
    } else {
      sayLive();
    }
  }

  const intervalField = document.querySelector("#interval select");
  intervalField.parentElement.hidden = false;
  intervalField.value = String(interval / 1000);
  intervalField.addEventListener("change", () => {
    interval = Number(intervalField.value) * 1000;
    settings.keep("interval", intervalField.value);
    schedule();
  });

  pauseButton.hidden = false;
  pauseButton.addEventListener("click", () => setPaused(!isPaused));
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : isPaused || isPast() || refresh()));

  // Filters ----------------------------------------------------------------------------------------------------------

  document.addEventListener("submit", (event) => {
    // Leaves empty fields out of the address.
    for (const field of event.target.elements) if (field.name && field.value === "") field.disabled = true;
    document.getElementById("main").setAttribute("aria-busy", "true");
  });
  // A page from the back-forward cache still has its fields disabled, and the values that led to the next page.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form :disabled").forEach((field) => (field.disabled = false));
    document.querySelectorAll("#main form").forEach((form) => form.reset());
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

  // Time zones -------------------------------------------------------------------------------------------------------

  const zoneButton = document.getElementById("zone");

  /** Converts the times of a fresh page from UTC to the chosen zone. */
  function localize() {
    zoneButton.textContent = settings.isLocal ? "Local" : "UTC";
    if (!settings.isLocal) return;
    for (const time of document.querySelectorAll("#main time")) {
      const at = new Date(time.dateTime);
      time.textContent = `${at.toLocaleDateString("en", { month: "short", day: "numeric" })}, ${settings.clock(at)}`;
    }
    for (const word of document.querySelectorAll("#main .zone")) word.textContent = "local";
    for (const head of document.querySelectorAll("#main th")) head.textContent = head.textContent.replace("(UTC)", "(local)");
  }

  zoneButton.hidden = false;
  zoneButton.addEventListener("click", () => {
    settings.keep("zone", settings.isLocal ? "utc" : "local");
    location.reload();
  });

  localize();
  charts.draw();
  showPause();
  schedule();
})();
