// Choices that last longer than a page. Runs before the page is drawn, so that the page does not flash in the other theme.
const settings = (() => {
  "use strict";

  function kept(name) {
    try {
      return localStorage.getItem(`fcgi-limiter-${name}`);
    } catch {
      return null;
    }
  }

  function keep(name, value) {
    try {
      localStorage.setItem(`fcgi-limiter-${name}`, value);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  }

  const theme = kept("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

  /** Whether times are shown in the browser's zone instead of UTC. */
  const isLocal = kept("zone") === "local";

  /** The time of day in the chosen zone. */
  function clock(time) {
    return time.toLocaleTimeString("en-GB", { timeZone: isLocal ? undefined : "UTC" });
  }

  return { kept, keep, isLocal, clock };
})();
