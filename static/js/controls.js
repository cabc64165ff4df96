// Small controls: copy, tabs in place, dismissing flashes, showing and hiding, choosing many, the log's levels.
(() => {
  const say = (text) => {
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = text;
  };
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "visually-hidden";
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };

  document.addEventListener("click", async (event) => {
    const copier = event.target.closest("[data-copy], [data-copy-from]");
    if (copier) {
      let text = copier.dataset.copy;
      if (copier.dataset.copyFrom) {
        const root = copier.closest("[data-code-panel], section, dialog") || document;
        const source = root.querySelector(copier.dataset.copyFrom);
        text = source.matches("ol") ? [...source.children].map((line) => line.textContent).join("\n") : source.value ?? source.textContent;
      }
      await copy(text);
      copier.classList.add("copied");
      say("Copied");
      setTimeout(() => copier.classList.remove("copied"), 1600);
    }
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) {
      const bar = dismiss.closest(".flashes");
      dismiss.closest(".flash, .alert").remove();
      if (bar && bar.querySelectorAll(".flash").length <= 3) { bar.classList.remove("collapsed"); bar.querySelector(".more")?.remove(); }
    }
    event.target.closest("[data-flash-more]")?.closest(".flashes").classList.remove("collapsed");
    const toggle = event.target.closest("[data-toggle]");
    if (toggle) {
      const panel = document.getElementById(toggle.dataset.toggle);
      panel.hidden = !panel.hidden;
      toggle.setAttribute("aria-expanded", String(!panel.hidden));
    }
    const level = event.target.closest("[data-log-levels] button");
    if (level) {
      level.parentElement.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(one === level)));
      const lines = level.closest("[data-log]").querySelector("[data-log-lines]");
      lines.classList.remove("only-warning", "only-error");
      if (level.dataset.level) lines.classList.add(`only-${level.dataset.level}`);
    }
    const tab = event.target.closest('[data-tablist] [role="tab"]');
    if (tab) choose(tab);
  });

  const choose = (tab) => {
    tab.closest("[role=tablist]").querySelectorAll("[role=tab]").forEach((one) => {
      const on = one === tab;
      one.setAttribute("aria-selected", String(on));
      one.tabIndex = on ? 0 : -1;
      const panel = document.getElementById(one.getAttribute("aria-controls"));
      if (panel) panel.hidden = !on;
    });
    tab.focus();
  };
  document.addEventListener("keydown", (event) => {
    const list = event.target.closest?.("[role=tablist], nav[data-tabs]");
    if (!list || !["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    const tabs = [...list.querySelectorAll("[role=tab], a")];
    const at = tabs.indexOf(document.activeElement);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
    const tab = tabs[(next + tabs.length) % tabs.length];
    event.preventDefault();
    if (tab.matches("[role=tab]")) choose(tab);
    else tab.focus();
  });

  const tokens = (root) => {
    const chosen = [...root.querySelectorAll("input:checked")];
    root.querySelector("[data-multiselect-text]").textContent = chosen.length ? `${chosen.length} chosen` : "None chosen";
    root.querySelector("[data-multiselect-tokens]").replaceChildren(...chosen.map((input) => {
      const token = document.createElement("span");
      token.className = "token";
      const text = document.createElement("span");
      text.textContent = input.dataset.text;
      const remove = document.createElement("button");
      remove.type = "button";
      remove.setAttribute("aria-label", `Remove ${input.dataset.text}`);
      remove.innerHTML = '<svg class="i s12" aria-hidden="true"><use href="#i-x"/></svg>';
      remove.addEventListener("click", () => { input.checked = false; input.dispatchEvent(new Event("change", { bubbles: true })); });
      token.append(text, remove);
      return token;
    }));
  };
  document.addEventListener("change", (event) => {
    const root = event.target.closest("[data-multiselect]");
    if (root) tokens(root);
  });
  document.addEventListener("click", (event) => {
    const remove = event.target.closest("[data-remove-token]");
    if (remove) remove.closest(".token").remove();
  });
  const begin = (root) => root.querySelectorAll?.("[data-multiselect]").forEach(tokens);
  begin(document);
  document.addEventListener("htmx:load", (event) => begin(event.target));

  // A log stays where one reads it, and follows only from its end.
  const logs = new Map();
  document.addEventListener("htmx:beforeSwap", () => {
    document.querySelectorAll("[data-log-lines]").forEach((log) => logs.set(log, log.scrollHeight - log.scrollTop - log.clientHeight < 24));
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    logs.forEach((atEnd, log) => { if (atEnd && log.isConnected) log.scrollTop = log.scrollHeight; });
  });
  document.querySelectorAll("[data-log-lines]").forEach((log) => { log.scrollTop = log.scrollHeight; });
})();
