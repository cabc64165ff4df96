// The test page: views of the answer side by side in time, finding in it, saving it, choosing an item from suggestions,
// counting the items to rank.
(() => {
  const show = (box, key) => {
    box.querySelectorAll("[data-view]").forEach((link) => {
      if (link.dataset.view === key) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
    box.querySelectorAll("[data-view-of]").forEach((part) => { part.hidden = !part.dataset.viewOf.split(" ").includes(key); });
    const address = new URL(location.href);
    if (key === "table") address.searchParams.delete("view");
    else address.searchParams.set("view", key);
    history.replaceState(history.state, "", address);
  };
  const choose = (option) => {
    const field = document.getElementById("id_item_id");
    field.value = option.dataset.item;
    option.closest("#item-options").replaceChildren();
    field.focus();
    field.form.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-view]");
    if (link && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      show(link.closest("[data-results]"), link.dataset.view);
    }
    const option = event.target.closest("#item-options [data-item]");
    if (option) choose(option);
    else if (!event.target.closest(".suggest-field")) document.getElementById("item-options")?.replaceChildren();
    const saver = event.target.closest("[data-export]");
    if (saver) {
      const quote = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
      const table = saver.closest("[data-results]").querySelector("table");
      const lines = [...table.rows].map((row) => [...row.cells].slice(0, row.cells.length).map((cell) => quote(cell.innerText.trim() || cell.textContent.trim())).join(","));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([lines.join("\r\n")], { type: "text/csv" }));
      link.download = "recommendations.csv";
      link.click();
      URL.revokeObjectURL(link.href);
    }
  });
  document.addEventListener("keydown", (event) => {
    const options = [...document.querySelectorAll("#item-options [data-item]")];
    if (!options.length) return;
    const at = options.indexOf(document.activeElement);
    const inField = document.activeElement?.id === "id_item_id";
    if (event.key === "Escape") { document.getElementById("item-options").replaceChildren(); document.getElementById("id_item_id").focus(); }
    if (event.key === "Enter" && at >= 0) { event.preventDefault(); choose(options[at]); }
    if (event.key === "ArrowDown" && (at >= 0 || inField)) { event.preventDefault(); options[Math.min(at + 1, options.length - 1)].focus(); }
    if (event.key === "ArrowUp" && at >= 0) { event.preventDefault(); (options[at - 1] ?? document.getElementById("id_item_id")).focus(); }
  });
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-find] input");
    if (!field) return;
    const wanted = field.value.trim().toLowerCase();
    field.closest("[data-results]").querySelectorAll("[data-row]").forEach((row) => { row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted); });
  });
  const count = () => {
    const told = document.querySelector("[data-count-ids]");
    const field = told && document.getElementById(told.dataset.countIds);
    if (!field) return;
    const number = field.value.split(/[,\n]/).filter((id) => id.trim()).length;
    told.textContent = `${number} ${number === 1 ? "item" : "items"}`;
    told.hidden = !number;
  };
  document.addEventListener("input", count);
  const begin = (root) => root.querySelectorAll("[data-export], [data-find]").forEach((part) => { part.hidden = false; });
  begin(document);
  count();
  document.addEventListener("htmx:load", (event) => { begin(event.target); count(); });
})();
