// Forms: sent once, changes not lost by accident, rows of tags, the word that confirms, fields that depend on others.
(() => {
  const busy = (form, on) => {
    form.querySelectorAll('button[type="submit"]').forEach((button) => {
      button.classList.toggle("busy", on && button === form.lastButton);
      if (on) button.setAttribute("data-sent", ""); else button.removeAttribute("data-sent");
    });
    form.dataset.sent = on ? "yes" : "";
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest('button[type="submit"]');
    if (button?.form) button.form.lastButton = button;
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent === "yes") { event.preventDefault(); event.stopImmediatePropagation(); return; }
    form.lastButton = event.submitter || form.querySelector('button[type="submit"]');
    changed.delete(form);
    setTimeout(() => busy(form, true));
  }, true);
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("form");
    if (form && !event.detail.xhr?.getResponseHeader("HX-Redirect")) busy(form, false);
  });
  addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => busy(form, false)));

  const changed = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (form) changed.add(form);
  });
  addEventListener("beforeunload", (event) => {
    if ([...changed].some((form) => form.isConnected)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const cancel = event.target.closest("[data-cancel]");
    const form = cancel?.closest("form");
    if (!form || !changed.has(form)) return;
    if (confirm("Leave and lose changes?")) changed.delete(form);
    else event.preventDefault();
  });

  const focusSummary = (root) => {
    const summary = root.querySelector?.("[data-focus]");
    if (summary) { summary.focus(); summary.scrollIntoView({ block: "nearest" }); }
  };
  focusSummary(document);
  document.addEventListener("htmx:afterSettle", (event) => focusSummary(event.target));

  const limits = (editor) => {
    const rows = editor.querySelectorAll("[data-attribute]").length;
    const add = editor.querySelector("[data-attribute-add]");
    if (rows >= Number(editor.dataset.maximum)) {
      add.setAttribute("aria-disabled", "true");
      add.dataset.tooltip = `At most ${editor.dataset.maximum}.`;
    } else {
      add.removeAttribute("aria-disabled");
      delete add.dataset.tooltip;
    }
  };
  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-attribute-add]");
    if (add) {
      const editor = add.closest("[data-attributes]");
      const row = editor.querySelector("template").content.cloneNode(true);
      add.parentElement.before(row);
      [...editor.querySelectorAll("[data-attribute]")].at(-1).querySelector("input").focus();
      limits(editor);
    }
    const remove = event.target.closest("[data-attribute-remove]");
    if (remove) {
      const editor = remove.closest("[data-attributes]");
      const row = remove.closest("[data-attribute]");
      const next = row.nextElementSibling?.matches("[data-attribute]") ? row.nextElementSibling : row.previousElementSibling;
      row.remove();
      (next?.matches("[data-attribute]") ? next.querySelector("[data-attribute-remove]") : editor.querySelector("[data-attribute-add]")).focus();
      limits(editor);
      editor.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });

  const confirmed = (field) => {
    const submit = field.form.querySelector("[data-confirm-submit]");
    if (field.value === field.dataset.confirm) submit?.removeAttribute("aria-disabled");
    else submit?.setAttribute("aria-disabled", "true");
  };
  document.querySelectorAll("[data-confirm]").forEach(confirmed);
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-confirm]");
    if (field) confirmed(field);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.querySelector('[data-confirm-submit][aria-disabled="true"]')) event.preventDefault();
  }, true);

  // A text field that is left is checked by the server: its message changes, the field itself stays as it is.
  const MESSAGES = ":scope > .constraint, :scope > [id$='_error']";
  const check = async (field) => {
    const holder = field.closest(".field");
    if (!holder?.id || !field.value) return;
    const body = new URLSearchParams([...new FormData(field.form)].filter(([, value]) => typeof value === "string"));
    body.set("_validate", holder.id.replace(/^field-/, ""));
    const headers = { "HX-Request": "true", "HX-Target": holder.id };
    const answer = await fetch(field.form.getAttribute("action") || location.href, { method: "POST", body, headers });
    if (answer.status !== 200 || !holder.isConnected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(holder.id);
    if (!fresh) return;
    holder.querySelectorAll(MESSAGES).forEach((old) => old.remove());
    holder.append(...fresh.querySelectorAll(MESSAGES));
    const state = fresh.querySelector(`[name="${CSS.escape(field.name)}"]`);
    for (const name of ["aria-invalid", "aria-describedby"]) {
      if (state?.hasAttribute(name)) field.setAttribute(name, state.getAttribute(name));
      else field.removeAttribute(name);
    }
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("form[data-validate] input.input:not([type=password], [type=file])")) check(event.target);
  });

  // data-shows="name=value !name=value": an element that is there only while one of these choices stands, or with ! does
  // not stand.
  const dependants = () => {
    document.querySelectorAll("[data-shows]").forEach((part) => {
      const form = part.closest("form");
      part.hidden = !part.dataset.shows.split(" ").some((rule) => {
        const not = rule.startsWith("!");
        const [name, value] = rule.slice(not ? 1 : 0).split("=");
        return not !== [...form.querySelectorAll(`[name="${name}"]`)].some((field) =>
          ["radio", "checkbox"].includes(field.type) ? field.checked && field.value === value : field.value === value);
      });
    });
  };
  dependants();
  document.addEventListener("change", (event) => {
    dependants();
    if (event.target.closest("[data-autosubmit]")) event.target.form.requestSubmit();
  });
  document.addEventListener("htmx:load", dependants);
})();
