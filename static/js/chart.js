// Charts: Plotly in the page's own colours, rebuilt on a theme switch, with a table of the data and downloads.
(() => {
  const source = document.currentScript.dataset.plotly;
  let loading = null;
  const plotly = () => {
    loading ||= new Promise((resolve, reject) => {
      if (window.Plotly) return resolve(window.Plotly);
      const script = document.createElement("script");
      script.src = source;
      // Plotly's maps write a style sheet into the page as they load, which the content policy forbids and no chart of
      // ours needs: until it is loaded, a style element is another one that styles nothing.
      const create = document.createElement;
      document.createElement = function (name, ...rest) { return create.call(this, name === "style" ? "template" : name, ...rest); };
      const after = (settle) => () => { document.createElement = create; settle(window.Plotly); };
      script.onload = after(resolve);
      script.onerror = after(reject);
      document.head.append(script);
    });
    return loading;
  };

  // light-dark() values are only resolved where they are used, so a probe element tells what a variable means now.
  const probe = document.createElement("span");
  probe.hidden = true;
  const seen = new Map();
  const colour = (name) => {
    if (!seen.has(name)) {
      if (!probe.isConnected) document.body.append(probe);
      probe.style.color = `var(--${name})`;
      seen.set(name, getComputedStyle(probe).color);
    }
    return seen.get(name);
  };
  const font = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const faded = (text, alpha) => text.replace(/^rgb\((.*)\)$/, (_, parts) => `rgba(${parts.replaceAll(" ", ", ").replaceAll(",,", ",")}, ${alpha})`);

  const template = () => {
    const title = { font: { size: 12, color: colour("text-muted") } };
    return {
      font: { family: font("--font"), size: 12, color: colour("text-secondary") },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      colorway: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => colour(`s${n}`)),
      margin: { l: 52, r: 16, t: 12, b: 44 },
      xaxis: { showgrid: false, zeroline: false, showline: true, linecolor: colour("divider"), linewidth: 1, ticks: "outside", ticklen: 4, tickcolor: colour("divider"), title: { standoff: 8, ...title }, fixedrange: true, automargin: true },
      yaxis: { gridcolor: colour("hairline"), gridwidth: 1, zeroline: false, showline: false, ticks: "", nticks: 5, title: { standoff: 10, ...title }, fixedrange: true },
      legend: { traceorder: "normal", orientation: "h", x: 0, xanchor: "left", y: -0.22, yanchor: "top", font: { size: 12 }, itemwidth: 30, tracegroupgap: 0 },
      bargap: 0.28, bargroupgap: 0.1, barcornerradius: 3, hovermode: "x unified", dragmode: false,
      hoverlabel: { bgcolor: colour("bg-container"), bordercolor: colour("divider"), font: { family: font("--font"), size: 12, color: colour("text") } },
    };
  };
  const isPlain = (value) => value && typeof value === "object" && !Array.isArray(value);
  const merge = (base, over) => {
    for (const key of Object.keys(over ?? {})) base[key] = isPlain(over[key]) ? merge(isPlain(base[key]) ? base[key] : {}, over[key]) : over[key];
    return base;
  };
  // Figures name colours as "var:s1", or "var:s1/0.12" with an opacity.
  const resolve = (value) => {
    if (typeof value === "string" && value.startsWith("var:")) {
      const [name, alpha] = value.slice(4).split("/");
      return alpha ? faded(colour(name), alpha) : colour(name);
    }
    if (Array.isArray(value)) return value.map(resolve);
    if (isPlain(value)) return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, resolve(part)]));
    return value;
  };

  const draw = async (card) => {
    const place = card.querySelector(".chart");
    const data = card.querySelector('script[type="application/json"]');
    if (!place || !data) return;
    const Plotly = await plotly();
    const figure = resolve(JSON.parse(data.textContent));
    place.querySelector(".chart-wait")?.remove();
    await Plotly.react(place, figure.data ?? [], merge(template(), figure.layout), { displayModeBar: false, responsive: true });
    place.dataset.drawn = "yes";
  };
  const begin = (root) => {
    const cards = root.matches?.("[data-chart]") ? [root] : root.querySelectorAll("[data-chart]");
    cards.forEach(draw);
  };
  begin(document);
  document.addEventListener("htmx:load", (event) => begin(event.target));
  document.addEventListener("themechange", () => {
    seen.clear();
    document.querySelectorAll("[data-chart]").forEach(draw);
  });

  const save = (name, href) => {
    const link = document.createElement("a");
    link.download = name;
    link.href = href;
    link.click();
  };
  document.addEventListener("click", async (event) => {
    const card = event.target.closest("[data-chart]");
    if (!card) return;
    const table = event.target.closest("[data-chart-table]");
    if (table) {
      const shown = table.getAttribute("aria-pressed") !== "true";
      table.setAttribute("aria-pressed", String(shown));
      card.querySelector("[data-chart-data]").hidden = !shown;
      card.querySelector(".container-body").hidden = shown;
      if (!shown) window.Plotly?.Plots.resize(card.querySelector(".chart"));
    }
    if (event.target.closest("[data-chart-png]")) {
      const place = card.querySelector(".chart");
      const Plotly = await plotly();
      const copy = { data: place.data, layout: { ...place.layout, paper_bgcolor: colour("bg-container") } };
      save(`${card.dataset.chart}.png`, await Plotly.toImage(copy, { format: "png", scale: 2, width: place.clientWidth, height: place.clientHeight }));
    }
    if (event.target.closest("[data-chart-csv]")) {
      const quote = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
      const rows = [...card.querySelectorAll("[data-chart-data] tr")].map((row) => [...row.cells].map((cell) => quote(cell.textContent.trim())).join(","));
      const address = URL.createObjectURL(new Blob([rows.join("\r\n")], { type: "text/csv" }));
      save(`${card.dataset.chart}.csv`, address);
      URL.revokeObjectURL(address);
    }
  });
})();
