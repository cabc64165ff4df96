// The campaign form: only versions of the chosen solution, and none while the campaign follows the latest one.
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
  solution.addEventListener("change", narrow);
  latest.addEventListener("change", follow);
  narrow();
  follow();
})();
