// Menus, tooltips, popovers and dialogs: opened, placed, left with Esc, focus given back.
(() => {
  // Menus are <details data-menu>: arrow keys move, Esc and a click outside close.
  const menus = () => document.querySelectorAll("details[data-menu][open]");
  const entries = (menu) => [...menu.querySelectorAll('[role^="menuitem"], label.item input')].filter((item) => item.offsetParent);
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.("details[data-menu]")) return;
    menu.querySelector("summary").setAttribute("aria-expanded", String(menu.open));
    if (!menu.open) return;
    menus().forEach((other) => { if (other !== menu && !other.contains(menu)) other.open = false; });
    const panel = menu.querySelector(".menu");
    const box = panel.getBoundingClientRect();
    if (box.left < 8 && !panel.classList.contains("start")) panel.classList.add("start");
    if (box.bottom > innerHeight - 8 && box.top > box.height + 80) panel.classList.add("up");
  }, true);
  document.addEventListener("click", (event) => {
    menus().forEach((menu) => {
      const inside = menu.contains(event.target);
      const chosen = event.target.closest('[role^="menuitem"]');
      if (!inside || (chosen && menu.contains(chosen) && chosen.getAttribute("aria-disabled") !== "true")) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details[data-menu]");
    if (!menu) return;
    const items = entries(menu);
    const at = items.indexOf(document.activeElement);
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
      event.stopPropagation();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!menu.open) menu.open = true;
      const step = event.key === "ArrowDown" ? 1 : -1;
      const list = items.length ? items : entries(menu);
      list[at < 0 ? (step > 0 ? 0 : list.length - 1) : (at + step + list.length) % list.length]?.focus();
    } else if (menu.open && (event.key === "Home" || event.key === "End")) {
      event.preventDefault();
      items[event.key === "Home" ? 0 : items.length - 1]?.focus();
    }
  });

  // Tooltips repeat or explain: shown on hover and focus, never needed to act.
  let tip = null;
  const hideTip = () => { tip?.remove(); tip = null; };
  const showTip = (target) => {
    hideTip();
    tip = document.createElement("div");
    tip.className = "tooltip";
    tip.id = "tooltip";
    tip.setAttribute("role", "tooltip");
    tip.textContent = target.dataset.tooltip;
    document.body.append(tip);
    const box = target.getBoundingClientRect();
    const own = tip.getBoundingClientRect();
    const left = Math.max(8, Math.min(innerWidth - own.width - 8, box.left + box.width / 2 - own.width / 2));
    const above = box.top - own.height - 6;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 8 ? above : box.bottom + 6}px`;
    target.setAttribute("aria-describedby", "tooltip");
  };
  for (const kind of ["mouseover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const target = event.target.closest?.("[data-tooltip]");
      if (target) showTip(target);
      else if (kind === "mouseover") hideTip();
    });
  }
  document.addEventListener("focusout", hideTip);
  document.addEventListener("scroll", hideTip, true);
  document.addEventListener("click", (event) => {
    const closed = event.target.closest('[aria-disabled="true"]');
    if (closed) { event.preventDefault(); event.stopImmediatePropagation(); if (closed.dataset.tooltip) showTip(closed); }
  }, true);

  // Popovers: data-popover holds text, data-popover-for the id of an element with content.
  let popover = null;
  const closePopover = (back) => {
    if (!popover) return;
    const { box, from } = popover;
    popover = null;
    if (box.dataset.borrowed) { box.hidden = true; } else box.remove();
    from.setAttribute("aria-expanded", "false");
    if (back) from.focus();
  };
  const openPopover = (from) => {
    const borrowed = from.dataset.popoverFor && document.getElementById(from.dataset.popoverFor);
    const box = borrowed || document.createElement("div");
    if (borrowed) { box.dataset.borrowed = "yes"; box.hidden = false; } else {
      box.className = "popover";
      box.setAttribute("role", "dialog");
      const title = document.createElement("p");
      title.className = `title${from.classList.contains("error") ? " text-error" : ""}`;
      title.textContent = from.dataset.popoverTitle || "";
      const text = document.createElement("p");
      text.className = "popover-text";
      text.textContent = from.dataset.popover;
      const foot = document.createElement("div");
      foot.className = "popover-foot";
      const copy = document.createElement("button");
      copy.type = "button";
      copy.className = "text-button";
      copy.dataset.copy = from.dataset.popover;
      copy.textContent = "Copy";
      foot.append(copy);
      box.append(title, text, foot);
      box.setAttribute("aria-label", from.dataset.popoverTitle || "Details");
      document.body.append(box);
      const rect = from.getBoundingClientRect();
      const own = box.getBoundingClientRect();
      box.style.left = `${Math.max(8, Math.min(rect.left, innerWidth - own.width - 12)) + scrollX}px`;
      const below = rect.bottom + 6 + own.height < innerHeight;
      box.style.top = `${(below ? rect.bottom + 6 : Math.max(8, rect.top - own.height - 6)) + scrollY}px`;
    }
    box.tabIndex = -1;
    box.focus({ preventScroll: true });
    from.setAttribute("aria-expanded", "true");
    popover = { box, from };
  };
  document.addEventListener("click", (event) => {
    const from = event.target.closest("[data-popover], [data-popover-for]");
    if (popover && (from === popover.from || !popover.box.contains(event.target))) {
      const same = from === popover.from;
      closePopover(same);
      if (same) return;
    }
    if (from) openPopover(from);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { hideTip(); closePopover(true); }
  });

  // Dialogs: data-dialog opens one of the page, data-modal loads one and opens it.
  const show = (dialog, from) => {
    dialog.returnTo = from;
    if (!dialog.open) dialog.showModal();
    (dialog.querySelector("[autofocus], .modal-body input:not([type=hidden]), .modal-body select, .modal-body textarea") || dialog.querySelector("[data-close]"))?.focus();
  };
  const place = (text, from) => {
    const template = document.createElement("template");
    template.innerHTML = text.trim();
    const dialog = template.content.querySelector("dialog");
    if (!dialog) return false;
    document.body.append(dialog);
    window.htmx?.process(dialog);
    dialog.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
    dialog.addEventListener("close", () => dialog.remove());
    show(dialog, from);
    return true;
  };
  document.addEventListener("click", async (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) show(document.getElementById(opener.dataset.dialog), opener);
    const close = event.target.closest("[data-close]");
    if (close) close.closest("dialog")?.close();
    const loader = event.target.closest("[data-modal]");
    if (!loader || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const answer = await fetch(loader.dataset.modal, { headers: { "HX-Request": "true", "HX-Target": "modal" } });
    if (answer.redirected || !answer.ok || !place(await answer.text(), loader)) location.assign(loader.dataset.modal);
  });
  // View as code: the form as it stands, sent to its own address, comes back as a dialog.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-view-code]");
    if (!button) return;
    const body = new URLSearchParams([...new FormData(button.form)].filter(([, value]) => typeof value === "string"));
    body.set("_code", "1");
    const headers = { "HX-Request": "true", "HX-Target": "modal" };
    const answer = await fetch(button.form.getAttribute("action") || location.href, { method: "POST", body, headers });
    if (answer.ok) place(await answer.text(), button);
  });
  document.addEventListener("close", (event) => {
    if (event.target.returnTo?.isConnected) event.target.returnTo.focus();
  }, true);
  document.addEventListener("mousedown", (event) => {
    if (event.target.matches?.("dialog.modal[open]:not(.static)") && event.target === event.target.closest("dialog")) {
      const box = event.target.getBoundingClientRect();
      const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside) event.target.close();
    }
  });
})();
