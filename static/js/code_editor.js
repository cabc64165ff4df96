// Makes a text area a code editor: line numbers, colours, marked lines, status bar; and colours code that is only read.
(() => {
  const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const wrap = (kind, text) => `<span class="tok-${kind}">${escape(text)}</span>`;
  const GRAMMARS = {
    json: [[/^"(?:[^"\\\n]|\\.)*"(?=\s*:)/, "key"], [/^"(?:[^"\\\n]|\\.)*"?/, "string"], [/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/, "number"], [/^(?:true|false|null)\b/, "number"]],
    filter: [[/^"(?:[^"\\\n]|\\.)*"?/, "string"], [/^\$\w+/, "key"], [/^\d+(?:\.\d+)?/, "number"], [/^(?:INCLUDE|EXCLUDE|ItemID|UserID|ActionID|WHERE|AND|OR|NOT|IN|IF|CurrentUser|LIMIT)\b/i, "keyword"], [/^(?:Items|Users|Interactions|Actions|Action_Interactions)\b/, "key"]],
    python: [[/^#.*/, "comment"], [/^(?:[rf]?"(?:[^"\\\n]|\\.)*"?|[rf]?'(?:[^'\\\n]|\\.)*'?)/, "string"], [/^\d+(?:\.\d+)?/, "number"], [/^(?:import|from|as|for|in|if|else|def|return|with|print|True|False|None)\b/, "keyword"]],
    shell: [[/^#.*/, "comment"], [/^"(?:[^"\\]|\\.)*"?|^'[^']*'?/, "string"], [/^--[\w-]+/, "key"], [/^\d+(?:\.\d+)?\b/, "number"]],
  };
  const paint = (line, language) => {
    const rules = GRAMMARS[language] ?? [];
    let out = "";
    let rest = line;
    while (rest) {
      const rule = rules.find(([pattern]) => pattern.test(rest));
      const word = rule ? rest.match(rule[0])[0] : rest.match(/^(?:\w+|\s+|.)/u)[0];
      out += rule && word ? wrap(rule[1], word) : escape(word);
      rest = rest.slice(word.length || 1);
    }
    return out;
  };

  const start = (root) => {
    if (root.dataset.ready) return;
    root.dataset.ready = "yes";
    const language = root.dataset.codeEditor;
    const area = root.querySelector("textarea");
    const body = document.createElement("div");
    body.className = "editor-body";
    body.innerHTML = '<div class="gutter" aria-hidden="true"></div><div class="layers"><pre class="highlight" aria-hidden="true"></pre></div>';
    area.before(body);
    area.classList.remove("plain");
    body.querySelector(".layers").append(area);
    const gutter = body.querySelector(".gutter");
    const picture = body.querySelector(".highlight");
    const status = root.querySelector("[data-editor-status]");
    const place = root.querySelector("[data-editor-place]");
    status.hidden = false;
    let marks = new Map();
    let trapped = true;

    const draw = () => {
      const lines = area.value.split("\n");
      gutter.innerHTML = lines.map((_, at) => `<span class="${marks.get(at + 1) ?? ""}">${at + 1}</span>`).join("");
      picture.innerHTML = lines.map((line, at) => `<span class="line ${marks.get(at + 1) ?? ""}">${paint(line, language)}</span>`).join("");
    };
    const where = () => {
      const before = area.value.slice(0, area.selectionStart).split("\n");
      place.textContent = `${language === "json" ? "JSON · " : ""}Line ${before.length}, Column ${before.at(-1).length + 1}`;
    };
    root.setMarks = (list) => {
      marks = new Map();
      for (const mark of list) if (marks.get(mark.line) !== "error") marks.set(mark.line, mark.severity);
      draw();
    };
    root.goTo = (line, column = 1) => {
      const lines = area.value.split("\n");
      const at = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
      area.focus();
      area.setSelectionRange(at, at);
      body.scrollTop = Math.max(0, (line - 4) * 20);
      where();
    };
    root.setValue = (text) => {
      area.value = text;
      draw();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    };
    area.addEventListener("input", draw);
    for (const kind of ["keyup", "click", "focus", "input"]) area.addEventListener(kind, where);
    area.addEventListener("focus", () => { trapped = true; });
    area.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { trapped = false; return; }
      if (event.key === "Tab" && trapped && !area.readOnly && !event.ctrlKey && !event.altKey) {
        event.preventDefault();
        if (!event.shiftKey) document.execCommand("insertText", false, "  ");
      }
      if (event.key === "Enter" && !area.readOnly) {
        const indent = area.value.slice(0, area.selectionStart).split("\n").at(-1).match(/^\s*/)[0];
        const opens = /[{[(]\s*$/.test(area.value.slice(0, area.selectionStart));
        if (indent || opens) { event.preventDefault(); document.execCommand("insertText", false, `\n${indent}${opens ? "  " : ""}`); }
      }
    });
    draw();
    root.setMarks(JSON.parse(root.dataset.marks || "[]"));
  };

  const begin = (root) => {
    root.querySelectorAll("[data-code-editor]").forEach(start);
    if (root.matches?.("[data-code-editor]")) start(root);
    root.querySelectorAll("ol[data-language]:not([data-painted])").forEach((list) => {
      list.dataset.painted = "yes";
      for (const line of list.children) line.innerHTML = paint(line.textContent, list.dataset.language);
    });
  };
  begin(document);
  document.addEventListener("htmx:load", (event) => begin(event.target));
  document.addEventListener("click", (event) => {
    const jump = event.target.closest("[data-go-to-line]");
    if (jump) (jump.closest("form, section")?.querySelector("[data-code-editor]") ?? document.querySelector("[data-code-editor]")).goTo(Number(jump.dataset.goToLine), Number(jump.dataset.column || 1));
  });
})();
