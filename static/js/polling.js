// Status polling: quiet while the tab is hidden, no redrawing of what did not change, a word when something is finished.
(() => {
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches?.("[data-poll]") && document.hidden) event.preventDefault();
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const old = event.detail.target;
    const fresh = event.detail.fragment?.firstElementChild ?? event.detail.fragment;
    if (!old || !fresh || !old.closest) return;
    if (old.innerHTML.trim() === fresh.innerHTML?.trim() && old.className === fresh.className) event.detail.shouldSwap = false;
    if (old.contains(document.activeElement) && old.querySelector("[open], [aria-expanded=true]")) event.detail.shouldSwap = false;
  });
  // The server says in HX-Trigger {"settled": {"ok": true, "text": "..."}} that something reached its end.
  document.addEventListener("settled", (event) => {
    for (const flash of document.querySelectorAll("#flashes .flash.in-progress")) flash.remove();
    const mark = event.detail.ok ? "✓" : "✗";
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = event.detail.text || "";
    if (!document.hasFocus()) {
      document.title = `${mark} ${document.title.replace(/^[✓✗] /, "")}`;
      addEventListener("focus", () => { document.title = document.title.replace(/^[✓✗] /, ""); }, { once: true });
    }
    document.body.dispatchEvent(new Event("jobs-changed"));
  });
  // What was announced can be finished before its page is drawn: then nothing polls, and nothing turns.
  if (!document.querySelector("[data-poll]")) {
    for (const flash of document.querySelectorAll("#flashes .flash.in-progress")) {
      if (!flash.querySelector(".text, .button")) { flash.remove(); continue; }
      flash.classList.replace("in-progress", "info");
      flash.querySelector(".spin")?.classList.remove("spin");
      flash.querySelector("use")?.setAttribute("href", "#i-info");
    }
  }
  // {"reload-page": ...}: the page shows other things now; its content is fetched anew in place.
  document.addEventListener("reload-page", () => {
    window.htmx.ajax("GET", location.pathname + location.search, { target: "#page", swap: "innerHTML" });
  });
})();
