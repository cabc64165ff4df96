// The campaign form: only versions of the chosen solution, none while the campaign follows the latest one, and only the
// sections that the solution's recipe knows.
(() => {
  const solution = document.getElementById("id_solution");
  const version = document.getElementById("id_solution_version_arn");
  const latest = document.getElementById("id_latest");
  if (!solution || !version || !latest) return;
  const all = [...version.options].map((option) => option.cloneNode(true));
  const narrow = () => {
    const before = version.value;
    const fitting = all.filter((option) => !option.value || option.value.startsWith(`${solution.value}/`));
    version.replaceChildren(...fitting.map((option) => option.cloneNode(true)));
    const kept = fitting.find((option) => option.value === before);
    version.value = kept && before ? before : (fitting.find((option) => option.value)?.value ?? "");
  };
  const follow = () => {
    document.querySelector('[data-hides-with="latest"]').hidden = latest.checked;
  };
  const fitting = JSON.parse(document.getElementById("campaign-fitting").textContent);
  const fit = () => {
    for (const section of document.querySelectorAll("[data-fits]")) {
      section.hidden = !fitting[solution.value]?.[section.dataset.fits];
    }
  };
  solution.addEventListener("change", narrow);
  solution.addEventListener("change", fit);
  latest.addEventListener("change", follow);
  narrow();
  follow();
  fit();
})();
