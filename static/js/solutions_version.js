// A version's page: live curves get their new numbers without being drawn anew; the comparison follows its select.
(() => {
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const old = event.detail.target;
    const fresh = event.detail.fragment?.firstElementChild ?? event.detail.fragment;
    if (old?.id !== "curves" || !fresh?.dataset || fresh.dataset.curves !== old.dataset.curves) return;
    event.detail.shouldSwap = false;
    fresh.querySelectorAll('script[type="application/json"]').forEach((data) => {
      const own = document.getElementById(data.id);
      if (!own || own.textContent === data.textContent) return;
      own.textContent = data.textContent;
      own.closest("[data-chart]").dispatchEvent(new Event("htmx:load", { bubbles: true }));
    });
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target?.id === "log-lines") event.detail.target.querySelector(".log-empty")?.remove();
  });
  // The versions of a solution are drawn again while one trains: what was ticked stays ticked.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target?.id !== "versions") return;
    const fresh = event.detail.fragment;
    event.detail.target.querySelectorAll("input:checked").forEach((box) => {
      fresh?.querySelector(`#${CSS.escape(box.id)}`)?.setAttribute("checked", "");
    });
  });
  document.addEventListener("change", (event) => event.target.closest("[data-compare]")?.requestSubmit());
})();
