// The form of an import: it waits for uploads that run, and names its button by the source that is chosen.
(() => {
  const form = document.querySelector("[data-upload]")?.closest("form");
  if (!form) return;
  const submit = form.querySelector(".form-footer .button.primary");
  const blockedBefore = submit.getAttribute("aria-disabled") === "true";
  const WAIT = "Ready when the upload is complete";
  const uploads = () => {
    if (blockedBefore) return;
    const running = form.querySelector("[data-files] progress") !== null;
    if (running) { submit.setAttribute("aria-disabled", "true"); submit.dataset.tooltip = WAIT; } else { submit.removeAttribute("aria-disabled"); delete submit.dataset.tooltip; }
  };
  new MutationObserver(uploads).observe(form.querySelector("[data-files]"), { childList: true, subtree: true });
  form.addEventListener("submit", (event) => { if (submit.getAttribute("aria-disabled") === "true" && event.submitter === submit) event.preventDefault(); });
  form.addEventListener("change", (event) => {
    if (event.target.name !== "source") return;
    submit.querySelector("span").textContent = event.target.value === "api" ? "Finish" : "Start import";
  });
})();
