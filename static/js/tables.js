// Tables: what is selected drives the buttons above; the fading edge ends where the table ends.
(() => {
  const update = (panel) => {
    const boxes = [...panel.querySelectorAll('tbody input[name="selected"]')];
    const chosen = boxes.filter((box) => box.checked);
    const all = panel.querySelector("[data-select-all]");
    if (all) {
      all.checked = boxes.length > 0 && chosen.length === boxes.length;
      all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    }
    const bar = panel.querySelector("[data-selection-bar]");
    if (bar) {
      bar.hidden = chosen.length === 0;
      bar.querySelector("[data-selection-count]").textContent = `${chosen.length} selected`;
    }
    document.querySelectorAll(`[data-needs-selection][form="${panel.id}-selection"]`).forEach((button) => {
      const fits = button.dataset.needsSelection === "one" ? chosen.length === 1 : chosen.length > 0;
      if (fits) { button.removeAttribute("aria-disabled"); delete button.dataset.tooltip; } else {
        button.setAttribute("aria-disabled", "true");
        button.dataset.tooltip = button.dataset.needsSelection === "one" ? "Select one row first." : "Select at least one row first.";
      }
    });
    const counter = document.querySelector("[data-counter][data-total]");
    if (counter) counter.textContent = chosen.length ? `(${chosen.length}/${counter.dataset.total})` : `(${counter.dataset.total})`;
  };
  document.addEventListener("change", (event) => {
    const panel = event.target.closest("[data-table-panel]");
    if (!panel) return;
    if (event.target.matches("[data-select-all]")) {
      panel.querySelectorAll('tbody input[name="selected"]').forEach((box) => { box.checked = event.target.checked; });
    }
    if (event.target.matches('[data-select-all], [name="selected"]')) update(panel);
  });
  document.addEventListener("click", (event) => {
    const clear = event.target.closest("[data-selection-clear]");
    if (!clear) return;
    const panel = clear.closest("[data-table-panel]");
    panel.querySelectorAll('tbody input[name="selected"]').forEach((box) => { box.checked = false; });
    update(panel);
    panel.querySelector("[data-select-all]")?.focus();
  });

  const edges = (scroller) => {
    scroller.classList.toggle("at-end", scroller.scrollLeft + scroller.clientWidth >= scroller.scrollWidth - 2);
    if (scroller.scrollWidth <= scroller.clientWidth) scroller.removeAttribute("tabindex");
    else scroller.tabIndex = 0;
  };
  document.addEventListener("scroll", (event) => { if (event.target.matches?.("[data-scroll-table]")) edges(event.target); }, true);
  const begin = (root) => {
    root.querySelectorAll("[data-scroll-table]").forEach(edges);
    const panels = root.matches?.("[data-table-panel]") ? [root] : root.querySelectorAll("[data-table-panel]");
    panels.forEach(update);
  };
  begin(document);
  addEventListener("resize", () => document.querySelectorAll("[data-scroll-table]").forEach(edges));

  // What one types into a filter stays focused although the table around it is replaced.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const field = document.activeElement;
    event.detail.target.typed = field?.matches?.("[data-keep-focus] input") ? { id: field.id, at: field.selectionStart, value: field.value } : null;
  });
  document.addEventListener("htmx:load", (event) => begin(event.target));
  document.addEventListener("htmx:afterSwap", (event) => {
    const typed = event.detail.target.typed;
    const field = typed && document.getElementById(typed.id);
    if (field) { field.value = typed.value; field.focus(); field.setSelectionRange(typed.at, typed.at); }
  });
})();
