// The schema editor: the JSON and the table of fields are two views of one document; the server says what is wrong.
(() => {
  const root = document.querySelector("[data-schema-editor]");
  if (!root) return;
  const editor = root.querySelector("[data-code-editor]");
  const area = editor.querySelector("textarea");
  const visual = root.querySelector("[data-visual]");
  const body = root.querySelector("[data-fields]");
  const broken = root.querySelector("[data-broken]");
  const form = area.form;
  const keywords = JSON.parse(document.getElementById("schema-keywords").textContent);
  const starting = JSON.parse(document.getElementById("schema-default").textContent);
  const byName = new Map(keywords.map((word) => [word.name, word]));
  const place = root.querySelector("[data-editor-place]");
  const KEY = "schema-editor-view";
  let problems = [];
  let drawing = false;

  const one = (value) => {
    if (Array.isArray(value)) return `[${value.map(one).join(", ")}]`;
    if (value && typeof value === "object") return `{${Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}: ${one(part)}`).join(", ")}}`;
    return JSON.stringify(value);
  };
  const written = (doc) => {
    const members = Object.entries(doc).map(([name, value]) => {
      if (name !== "fields" || !Array.isArray(value)) return `  ${JSON.stringify(name)}: ${one(value)}`;
      return `  "fields": [\n${value.map((field) => `    ${one(field)}`).join(",\n")}\n  ]`;
    });
    return `{\n${members.join(",\n")}\n}\n`;
  };
  const read = () => {
    try {
      const doc = JSON.parse(area.value);
      return Array.isArray(doc?.fields) && doc.fields.every((field) => field && typeof field === "object" && !Array.isArray(field)) ? doc : null;
    } catch { return null; }
  };
  const typeOf = (field) => {
    const parts = Array.isArray(field.type) ? field.type : [field.type];
    return { type: parts.find((part) => part !== "null") ?? "string", nullable: parts.includes("null") };
  };
  const FIXED = { USER_ID: "Identifier", ITEM_ID: "Identifier", ACTION_ID: "Identifier", TIMESTAMP: "Timestamp", CREATION_TIMESTAMP: "Timestamp", EXPIRATION_TIMESTAMP: "Timestamp", ACTION_EXPIRATION_TIMESTAMP: "Timestamp", EVENT_TYPE: "Event type", IMPRESSION: "Impression" };
  const roleOf = (field) => {
    if (FIXED[field.name]) return FIXED[field.name];
    if (field.categorical) return "Categorical";
    if (field.textual) return "Textual";
    return ["int", "long", "float", "double"].includes(typeOf(field).type) ? "Numeric" : "Not for training";
  };
  const rolesFor = (field) => {
    if (FIXED[field.name]) return [FIXED[field.name]];
    const word = byName.get(field.name);
    if (word) return [roleOf(word)];
    const { type } = typeOf(field);
    if (type === "string") return root.dataset.record === "Items" ? ["Categorical", "Textual", "Not for training"] : ["Categorical", "Not for training"];
    return [type === "boolean" ? "Not for training" : "Numeric"];
  };

  const save = (doc) => {
    drawing = true;
    editor.setValue(written(doc));
    drawing = false;
    marks();
  };
  const change = (at, edit) => {
    const doc = read();
    if (!doc) return;
    edit(doc.fields[at], doc.fields, at);
    save(doc);
  };

  const draw = () => {
    const doc = read();
    broken.hidden = Boolean(doc);
    visual.querySelector(".schema-add").hidden = !doc;
    if (!doc) { body.replaceChildren(); root.querySelector("[data-reserved]").hidden = true; return; }
    body.replaceChildren(...doc.fields.map((field, at) => rowOf(field, at)));
    menu(doc);
    marks();
  };
  const rowOf = (field, at) => {
    const row = root.querySelector("[data-field-template]").content.firstElementChild.cloneNode(true);
    const part = (name) => row.querySelector(`[data-part="${name}"]`);
    const word = byName.get(field.name);
    const { type, nullable } = typeOf(field);
    row.dataset.at = at;
    part("name").value = field.name ?? "";
    part("name").readOnly = Boolean(word?.required);
    part("type").value = type;
    part("null").checked = nullable;
    part("null").disabled = Boolean(word && !word.nullable && !nullable);
    const roles = rolesFor(field);
    part("role").replaceChildren(...roles.map((role) => new Option(role, role, false, role === roleOf(field))));
    part("role").disabled = roles.length < 2;
    row.querySelector("[data-remove-field]").hidden = Boolean(word?.required);
    row.querySelector("[data-lock]").hidden = !word?.required;
    for (const control of row.querySelectorAll("[data-part]")) control.setAttribute("aria-label", `${control.getAttribute("aria-label")} of field ${at + 1}`);
    row.querySelector("[data-remove-field]").setAttribute("aria-label", `Remove ${field.name}`);
    row.querySelector("[data-move]").setAttribute("aria-label", `Move ${field.name}: Alt with the arrow keys`);
    return row;
  };
  const marks = () => {
    editor.setMarks(problems);
    body.querySelectorAll("tr.under").forEach((row) => row.remove());
    for (const row of [...body.children]) {
      const name = row.querySelector('[data-part="name"]').value;
      row.querySelectorAll("[aria-invalid]").forEach((control) => control.removeAttribute("aria-invalid"));
      const mine = problems.filter((problem) => problem.field && problem.field === name);
      row.classList.toggle("noline", mine.length > 0);
      for (const problem of mine.toReversed()) {
        const under = document.createElement("tr");
        under.className = "under";
        const lead = document.createElement("td");
        const cell = document.createElement("td");
        cell.colSpan = 5;
        cell.innerHTML = `<span class="row tight small text-${problem.severity}"><svg class="i s14" aria-hidden="true"><use href="#i-${problem.severity === "error" ? "errc" : "warn"}"/></svg><span></span></span>`;
        cell.querySelector("span span").textContent = problem.message;
        if (problem.fix) {
          const fix = document.createElement("button");
          fix.type = "button";
          fix.className = "text-button";
          fix.textContent = problem.fix_label;
          fix.addEventListener("click", () => editor.setValue(problem.fix));
          cell.firstElementChild.append(fix);
        }
        under.append(lead, cell);
        row.after(under);
        if (problem.severity === "error") row.querySelector('[data-part="type"]').setAttribute("aria-invalid", "true");
      }
    }
  };
  const declared = (word) => {
    const field = { name: word.name, type: word.nullable ? ["null", word.type] : word.type };
    if (word.categorical) field.categorical = true;
    if (word.textual) field.textual = true;
    return field;
  };
  const add = (field) => {
    const doc = read();
    if (!doc) return;
    doc.fields.push(field);
    save(doc);
    draw();
    const last = [...body.querySelectorAll("tr:not(.under)")].at(-1).querySelector('[data-part="name"]');
    last.focus();
    last.select();
  };
  const menu = (doc) => {
    const used = new Set(doc.fields.map((field) => field.name));
    const free = keywords.filter((word) => !used.has(word.name));
    const item = (text, made) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("role", "menuitem");
      button.textContent = text;
      button.addEventListener("click", () => add(made()));
      return button;
    };
    let number = 1;
    while (used.has(`NEW_FIELD_${number}`)) number += 1;
    root.querySelector("[data-add-menu]").replaceChildren(
      item("Blank field", () => ({ name: `NEW_FIELD_${number}`, type: ["null", "string"], categorical: true })),
      ...free.map((word) => item(word.name, () => declared(word))),
    );
    const chips = root.querySelector("[data-reserved]");
    chips.querySelectorAll("button").forEach((button) => button.remove());
    chips.hidden = free.length === 0;
    for (const word of free) {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "badge outline mono-small chip-button";
      chip.innerHTML = '<svg class="i s12" aria-hidden="true"><use href="#i-plus"/></svg>';
      chip.append(word.name);
      chip.setAttribute("aria-label", `Add ${word.name}`);
      chip.addEventListener("click", () => add(declared(word)));
      chips.append(chip);
    }
  };

  const at = (target) => Number(target.closest("tr").dataset.at);
  body.addEventListener("change", (event) => {
    const part = event.target.dataset.part;
    if (!part) return;
    const value = event.target.type === "checkbox" ? event.target.checked : event.target.value;
    change(at(event.target), (field) => {
      const { type, nullable } = typeOf(field);
      if (part === "name") field.name = value.trim();
      if (part === "type") {
        field.type = nullable ? ["null", value] : value;
        if (value !== "string") { delete field.categorical; delete field.textual; }
      }
      if (part === "null") field.type = value ? ["null", type] : type;
      if (part === "role") {
        delete field.categorical;
        delete field.textual;
        if (value === "Categorical") field.categorical = true;
        if (value === "Textual") field.textual = true;
      }
    });
    const where = at(event.target);
    draw();
    body.querySelector(`tr[data-at="${where}"] [data-part="${part}"]`)?.focus();
  });
  body.addEventListener("click", (event) => {
    if (!event.target.closest("[data-remove-field]")) return;
    const where = at(event.target);
    change(where, (_, fields) => fields.splice(where, 1));
    draw();
    (body.querySelector(`tr[data-at="${where}"] [data-part="name"]`) ?? root.querySelector(".schema-add summary")).focus();
  });
  const move = (from, to) => {
    const doc = read();
    if (!doc || to < 0 || to >= doc.fields.length || from === to) return;
    doc.fields.splice(to, 0, ...doc.fields.splice(from, 1));
    save(doc);
    draw();
    body.querySelector(`tr[data-at="${to}"] [data-move]`)?.focus();
  };
  body.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    move(at(event.target), at(event.target) + (event.key === "ArrowUp" ? -1 : 1));
  });
  let dragged = null;
  body.addEventListener("dragstart", (event) => {
    const row = event.target.closest("tr");
    if (!row || event.target.matches("input, select")) return;
    dragged = Number(row.dataset.at);
    event.dataTransfer.effectAllowed = "move";
  });
  body.addEventListener("dragover", (event) => { if (dragged !== null) event.preventDefault(); });
  body.addEventListener("drop", (event) => {
    const row = event.target.closest("tr[data-at]");
    if (dragged === null || !row) return;
    event.preventDefault();
    move(dragged, Number(row.dataset.at));
    dragged = null;
  });

  const show = (view) => {
    root.dataset.view = view;
    root.querySelectorAll("[data-views] button").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.view === view)));
    visual.hidden = view === "json";
    root.querySelector(".schema-json").hidden = view === "visual";
    if (view !== "json") draw();
    try { localStorage.setItem(KEY, view); } catch { /* private windows keep nothing */ }
  };
  root.querySelector("[data-views]").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) show(button.dataset.view);
  });
  root.querySelector("[data-format]").addEventListener("click", () => {
    try { editor.setValue(written(JSON.parse(area.value))); } catch { editor.goTo(problems[0]?.line ?? 1); }
  });
  root.querySelector("[data-reset]").addEventListener("click", () => {
    if (area.value.trim() === starting.trim() || confirm("Replace what is written by the default schema?")) editor.setValue(starting);
  });
  root.querySelector("[data-schema-file]").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) editor.setValue((await file.text()).slice(0, 20001));
    event.target.value = "";
  });
  area.addEventListener("input", () => { if (!drawing && !visual.hidden) draw(); });

  const told = () => {
    problems = JSON.parse(document.getElementById("schema-problem-data").textContent);
    root.querySelector("[data-place-here]").replaceWith(place);
    place.removeAttribute("data-place-here");
    marks();
    const errors = problems.filter((problem) => problem.severity === "error").length;
    const submit = form.querySelector(".form-footer .button.primary");
    const stands = errors ? `Fix ${errors} error${errors === 1 ? "" : "s"} to continue.` : "";
    if (errors) { submit.setAttribute("aria-disabled", "true"); submit.dataset.tooltip = stands; } else { submit.removeAttribute("aria-disabled"); delete submit.dataset.tooltip; }
    const note = form.querySelector("[data-schema-note]");
    if (note) note.textContent = stands;
  };
  document.addEventListener("htmx:afterSwap", (event) => { if (event.target.id === "schema-problems") told(); });
  root.addEventListener("click", (event) => {
    const fix = event.target.closest("[data-fix]");
    if (!fix) return;
    event.preventDefault();
    editor.setValue(problems[Number(fix.value)].fix);
  });

  root.querySelector("[data-editor-tools]").hidden = false;
  root.querySelector(".code-editor > .status-bar").hidden = true;
  told();
  let kept = "json";
  try { kept = localStorage.getItem(KEY) || "json"; } catch { /* private windows keep nothing */ }
  show(kept);
})();
