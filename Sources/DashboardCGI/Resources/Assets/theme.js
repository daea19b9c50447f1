// Runs before the page is drawn, so that it does not flash in the other theme.
(() => {
  "use strict";
  try {
    const theme = localStorage.getItem("fcgi-limiter-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Without storage, the system's theme applies.
  }
})();
