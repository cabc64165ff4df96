// Uploads in chunks of 8 MiB: POST begins (or finds what is there already), PATCH appends; pause, resume, cancel.
(() => {
  const CHUNK = 8 * 2 ** 20;
  const REFUSED = { xlsx: "spreadsheets cannot be read. Save it as CSV.", xls: "spreadsheets cannot be read. Save it as CSV.", zip: "archives cannot be read. Unpack it first." };
  const size = (bytes) => {
    const units = ["bytes", "KB", "MB", "GB", "TB"];
    let at = 0;
    let amount = bytes;
    while (amount >= 1000 && at < units.length - 1) { amount /= 1000; at += 1; }
    return `${at ? amount.toFixed(1) : amount} ${units[at]}`;
  };
  const span = (seconds) => (seconds < 60 ? `${Math.ceil(seconds)} s` : `${Math.floor(seconds / 60)} min ${Math.ceil(seconds % 60)} s`);
  const headers = () => ({ "X-CSRFToken": JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "" });
  const wait = async (ms, cancelled) => {
    for (const end = performance.now() + ms; !cancelled.aborted && performance.now() < end;) await new Promise((done) => setTimeout(done, 100));
  };

  const send = (box, file) => {
    const row = box.querySelector("template").content.firstElementChild.cloneNode(true);
    const part = (name) => row.querySelector(`[data-${name}]`);
    const bar = row.querySelector("progress");
    const glyph = row.querySelector(".glyph-box");
    const cancel = new AbortController();
    const state = { paused: false, running: true, cancelled: cancel.signal, offset: 0 };
    part("name").textContent = file.name;
    bar.setAttribute("aria-label", file.name);
    box.querySelector("[data-files]").append(row);
    const finish = (kind, icon, text) => {
      state.running = false;
      bar.remove();
      part("pause").remove();
      glyph.classList.add(kind);
      glyph.querySelector("use").setAttribute("href", `#i-${icon}`);
      part("progress").textContent = size(file.size);
      part("message").textContent = text;
      part("message").className = `small text-${kind}`;
      part("cancel-upload").setAttribute("aria-label", "Remove from list");
    };
    const show = (speed) => {
      bar.value = file.size ? (100 * state.offset) / file.size : 100;
      const left = speed ? ` · ${size(speed)}/s · ${span((file.size - state.offset) / speed)} left` : "";
      part("progress").textContent = `${size(state.offset)} of ${size(file.size)}${state.paused ? " · paused" : left}`;
    };
    part("pause").addEventListener("click", () => {
      state.paused = !state.paused;
      row.classList.toggle("paused", state.paused);
      part("pause").setAttribute("aria-label", state.paused ? "Resume" : "Pause");
      show();
    });
    part("cancel-upload").addEventListener("click", () => {
      if (!state.running) row.remove();
      cancel.abort();
    });
    const ending = file.name.split(".").at(-1).toLowerCase();
    if (REFUSED[ending]) { finish("error", "x", `Not uploaded: ${REFUSED[ending]}`); return Promise.resolve(); }
    return run(box, file, state, { show, finish, vanish: () => row.remove() });
  };

  const run = async (box, file, state, { show, finish, vanish }) => {
    const begin = new URLSearchParams({ name: file.name, size: file.size, folder: box.dataset.folder || "", modified: file.lastModified });
    let speed = 0;
    try {
      const made = await fetch(box.dataset.upload, { method: "POST", body: begin, headers: headers() });
      const answer = await made.json();
      if (!made.ok) { finish("error", "x", `Not uploaded: ${answer.message}`); return; }
      state.address = answer.upload_url;
      state.offset = answer.offset;
      show();
      let failures = 0;
      while (state.offset < file.size && !state.cancelled.aborted) {
        if (state.paused) { await wait(250, state.cancelled); continue; }
        const started = performance.now();
        const chunk = file.slice(state.offset, state.offset + CHUNK);
        try {
          const sent = await fetch(state.address, { method: "PATCH", signal: state.cancelled, body: chunk, headers: { ...headers(), "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(state.offset) } });
          const told = await sent.json();
          if (sent.status === 409) { state.offset = told.offset; continue; }
          if (!sent.ok) { finish("error", "x", `Not uploaded: ${told.message}`); return; }
          state.offset = told.offset;
          failures = 0;
          const now = (chunk.size / (performance.now() - started)) * 1000;
          speed = speed ? speed * 0.7 + now * 0.3 : now;
          show(speed);
          state.location = told.location;
        } catch (error) {
          failures += 1;
          if (failures > 8) throw error;
          await wait(Math.min(15000, 500 * 2 ** failures), state.cancelled);
        }
      }
      if (state.cancelled.aborted && state.offset < file.size) {
        await fetch(state.address, { method: "DELETE", headers: headers() }).catch(() => {});
        vanish();
        return;
      }
      const location = state.location || answer.location;
      finish("success", "check", "Uploaded");
      box.dispatchEvent(new CustomEvent("uploaded", { bubbles: true, detail: { name: file.name, location, folder: answer.folder } }));
    } catch {
      finish("error", "x", "Not uploaded: the connection broke. Choose the file again to go on from where it stopped.");
    }
  };

  const take = async (box, files) => {
    const done = [];
    const note = (event) => done.push(event.detail);
    box.addEventListener("uploaded", note);
    for (const file of files) await send(box, file);
    box.removeEventListener("uploaded", note);
    unfinished(box);
    const field = box.dataset.field && document.getElementById(box.dataset.field);
    if (field && done.length) {
      field.value = done.length === 1 ? done[0].location : done[0].folder || field.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };
  // What an earlier page left half done: the file must be chosen again, then it goes on where it stopped.
  const unfinished = async (box) => {
    const list = box.querySelector("[data-unfinished]");
    if (!list) return;
    const asked = await fetch(`${box.dataset.upload}?folder=${encodeURIComponent(box.dataset.folder || "")}`).catch(() => null);
    if (!asked?.ok || !asked.headers.get("Content-Type")?.includes("json")) return;
    const { unfinished: left } = await asked.json();
    list.hidden = left.length === 0;
    list.querySelector("ul").replaceChildren(...left.map((one) => {
      const item = document.createElement("li");
      item.textContent = `${one.name}: ${size(one.received)} of ${size(one.bytes)} are here. `;
      const forget = document.createElement("button");
      forget.type = "button";
      forget.className = "text-button";
      forget.textContent = "Forget";
      forget.setAttribute("aria-label", `Forget ${one.name}`);
      forget.addEventListener("click", async () => {
        await fetch(one.upload_url, { method: "DELETE", headers: headers() }).catch(() => {});
        unfinished(box);
      });
      item.append(forget);
      return item;
    }));
  };
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-upload]").forEach(unfinished));

  document.addEventListener("change", (event) => {
    const box = event.target.closest("[data-upload]");
    if (box && event.target.type === "file") { take(box, [...event.target.files]); event.target.value = ""; }
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const zone = event.target.closest?.(".drop-zone");
      if (!zone) return;
      event.preventDefault();
      zone.classList.toggle("over", kind === "dragover");
      if (kind === "drop") take(zone.closest("[data-upload]"), [...event.dataTransfer.files]);
    });
  }
})();
