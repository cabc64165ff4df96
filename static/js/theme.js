// Light, dark and density: kept in cookies, so that the server already sends the right page.
(() => {
  const root = document.documentElement;
  const keep = (name, value) => {
    document.cookie = `${name}=${value}; path=/console/; max-age=31536000; samesite=lax`;
  };
  const shown = () => root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const set = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    keep("theme", theme);
    document.dispatchEvent(new CustomEvent("themechange"));
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) set(shown() === "dark" ? "light" : "dark");
    const chosen = event.target.closest("[data-theme-set]");
    if (chosen) set(chosen.dataset.themeSet);
    const density = event.target.closest("[data-density-toggle], [data-density-set]");
    if (density) {
      const compact = density.dataset.densitySet ? density.dataset.densitySet === "compact" : !root.dataset.density;
      if (compact) root.dataset.density = "compact";
      else delete root.dataset.density;
      keep("density", compact ? "compact" : "comfortable");
      document.querySelectorAll("[data-density-set]").forEach((button) => {
        button.setAttribute("aria-pressed", String((button.dataset.densitySet === "compact") === compact));
      });
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    if (!root.dataset.theme) document.dispatchEvent(new CustomEvent("themechange"));
  });

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`zone=${zone}`)) keep("zone", zone);
})();
