// The side navigation (groups, drawer), the help panel and the keyboard's short cuts.
(() => {
  const nav = () => document.getElementById("navigation");
  const app = () => document.getElementById("app");
  const help = () => document.getElementById("help");
  let opener = null;

  const drawer = (open) => {
    const panel = nav();
    if (!panel) return;
    panel.classList.toggle("open", open);
    const button = document.querySelector("[data-nav-toggle]");
    button?.setAttribute("aria-expanded", String(open));
    if (open) panel.querySelector("a, button, summary")?.focus();
    else if (document.activeElement && panel.contains(document.activeElement)) button?.focus();
  };
  const closeHelp = () => {
    if (!help() || help().hidden) return;
    help().hidden = true;
    app().classList.remove("with-help");
    document.querySelector("[data-help-toggle]")?.setAttribute("aria-expanded", "false");
    opener?.focus();
    opener = null;
  };
  const openHelp = (from) => {
    opener = from;
    help().hidden = false;
    app().classList.add("with-help");
    document.querySelector("[data-help-toggle]")?.setAttribute("aria-expanded", "true");
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-nav-toggle]")) drawer(!nav()?.classList.contains("open"));
    if (event.target.closest("[data-nav-close]")) drawer(false);
    const group = event.target.closest("[data-nav-group]");
    if (group) {
      const open = group.getAttribute("aria-expanded") !== "true";
      group.setAttribute("aria-expanded", String(open));
      document.getElementById(group.getAttribute("aria-controls")).hidden = !open;
      const closed = [...document.querySelectorAll('[data-nav-group][aria-expanded="false"]')].map((one) => one.dataset.navGroup);
      document.cookie = `nav-closed=${closed.join(".")}; path=/console/; max-age=31536000; samesite=lax`;
    }
    const info = event.target.closest("[data-help]");
    if (info && help()) openHelp(info);
    if (event.target.closest("[data-help-toggle]")) {
      if (!help() || !help().hidden) closeHelp();
      else {
        openHelp(event.target.closest("[data-help-toggle]"));
        if (!help().childElementCount) window.htmx?.ajax("GET", "/console/help/console/", { target: "#help" });
      }
    }
    if (event.target.closest("[data-help-close]")) closeHelp();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "help") help().querySelector("h2")?.focus();
  });

  let pending = "";
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      drawer(false);
      if (help()?.contains(document.activeElement)) closeHelp();
      return;
    }
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const search = document.querySelector('[data-hotkey="/"]:not(:disabled)') || document.querySelector(".find input[type=search]");
    if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "n") {
      document.querySelector("[data-create]")?.click();
    } else if (pending === "g" && event.key === "d") {
      location.assign("/console/dataset-groups/");
    } else if (pending === "g" && event.key === "s") {
      nav()?.querySelector('a[href$="/solutions/"]')?.click();
    }
    pending = event.key;
  });
})();
