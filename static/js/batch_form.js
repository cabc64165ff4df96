// The form of a batch job: only versions of the chosen solution, the sections that its recipe knows, and a line of input
// as the recipe and the filter want it. Input that was written becomes the input source.
(() => {
  const solution = document.getElementById("id_solution");
  const version = document.getElementById("id_solution_version_arn");
  const filter = document.getElementById("id_filter");
  const source = document.getElementById("batch-facts");
  if (!solution || !version || !filter || !source) return;
  const facts = JSON.parse(source.textContent);
  const all = [...version.options].map((option) => option.cloneNode(true));
  const sample = document.querySelector("[data-sample]");
  const nothing = "Choose a solution to see its format.";
  const narrow = () => {
    const before = version.value;
    const fitting = all.filter((option) => !option.value || option.value.startsWith(`${solution.value}/`));
    version.replaceChildren(...fitting.map((option) => option.cloneNode(true)));
    const kept = fitting.find((option) => option.value === before);
    version.value = kept && before ? before : (fitting.find((option) => option.value)?.value ?? "");
  };
  const show = () => {
    const chosen = facts.solutions[solution.value];
    const placeholders = facts.filters[filter.value] ?? [];
    for (const section of document.querySelectorAll("[data-fits]")) {
      section.hidden = !section.dataset.fits.split(" ").some((each) => chosen?.[each]);
    }
    const values = Object.fromEntries(placeholders.map((name) => [name, '"first","second"']));
    const line = chosen && { ...chosen.sample, ...(placeholders.length ? { filterValues: values } : {}) };
    sample.textContent = line ? JSON.stringify(line) : nothing;
    for (const part of document.querySelectorAll("[data-placeholders]")) part.hidden = !placeholders.length;
    document.querySelector("[data-placeholder-names]").textContent = placeholders.join(", ");
  };
  solution.addEventListener("change", narrow);
  solution.addEventListener("change", show);
  filter.addEventListener("change", show);
  document.addEventListener("htmx:load", (event) => {
    show();
    const made = event.target.dataset?.made;
    if (!made) return;
    const field = document.getElementById("id_source");
    field.value = made;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  narrow();
  show();
})();
