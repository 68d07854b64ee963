"use strict";
(() => {
  const PERIOD = 2000;
  const STREAM_AGAIN = 10000;
  const MAX_SILENCE = 10000;
  const KEY = "gusset-token";
  const base = location.pathname.replace(/\/$/, "");
  const sorted = new Map();
  const filtered = new Map();
  const byId = (id) => document.getElementById(id);
  const pause = (time) => new Promise((done) => setTimeout(done, time));
  let stream = null;
  let wake = () => {};

  const say = (id, text) => {
    const place = byId(id);
    if (place) place.textContent = text;
  };

  function request(path, options = {}) {
    const headers = { ...options.headers };
    const token = sessionStorage.getItem(KEY);
    if (token) headers.authorization = `Bearer ${token}`;
    return fetch(path, { cache: "no-store", ...options, headers });
  }

  // The rows of all tables, by the words of the search field.
  function search() {
    const words = (byId("search")?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of document.querySelectorAll("tbody tr")) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  }

  function sort(key, table) {
    const order = sorted.get(key);
    const head = order && table.tHead.rows[0].cells[order.at];
    if (!head) return;
    head.setAttribute("aria-sort", order.up ? "ascending" : "descending");
    const cell = (row) => row.cells[order.at]?.textContent ?? "";
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => {
      const [left, right] = [cell(a), cell(b)];
      const [x, y] = [Number(left), Number(right)];
      const by = Number.isNaN(x) || Number.isNaN(y) ? left.localeCompare(right, "en", { numeric: true }) : x - y;
      return order.up ? by : -by;
    });
    table.tBodies[0].append(...rows);
  }

  function prepareTables(section) {
    section.querySelectorAll(".content table").forEach((table, number) => {
      const key = `${section.id} ${number}`;
      const heads = table.tHead.rows[0].cells;
      [...heads].forEach((head, at) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = head.textContent;
        button.addEventListener("click", () => {
          const last = sorted.get(key);
          sorted.set(key, { at, up: last && last.at === at ? !last.up : false });
          for (const other of heads) other.removeAttribute("aria-sort");
          sort(key, table);
        });
        head.replaceChildren(button);
      });
      sort(key, table);
    });
  }

  // Shows new content of a section, and keeps the place of the reader.
  function show(section, nodes) {
    const content = section.querySelector(".content");
    const active = document.activeElement;
    const focused = content.contains(active) ? active.textContent : null;
    const places = [...content.querySelectorAll(".wide")].map((wide) => wide.scrollTop);
    content.replaceChildren(...nodes);
    prepareTables(section);
    content.querySelectorAll(".wide").forEach((wide, at) => { wide.scrollTop = places[at] ?? 0; });
    if (focused !== null) {
      const same = [...content.querySelectorAll("button, a")].find((it) => it.textContent === focused);
      same?.focus();
    }
  }

  const parse = (html) => new DOMParser().parseFromString(html, "text/html");

  function showSections(sections) {
    for (const [id, html] of Object.entries(sections)) {
      const section = byId(id);
      if (section && !filtered.has(id)) show(section, parse(html).body.childNodes);
    }
    filtered.forEach((_, id) => refresh(id));
    search();
  }

  // A section with a filter of this viewer is requested for itself.
  async function refresh(id) {
    const query = filtered.get(id) ?? "";
    try {
      const response = await request(`${base}/api/${id}?${query}`, { headers: { accept: "text/html" } });
      const text = await response.text();
      if ((filtered.get(id) ?? "") !== query) return;
      if (!response.ok) throw new Error(text.trim());
      show(byId(id), parse(text).body.childNodes);
      search();
    } catch (error) {
      say("result", error.message);
    }
  }

  function filter(form) {
    const id = form.dataset.filter;
    const values = [...new FormData(form)].filter(([, value]) => value !== "");
    if (values.length) filtered.set(id, new URLSearchParams(values).toString());
    else filtered.delete(id);
    refresh(id);
  }

  async function change(path, name, query = {}) {
    if (!confirm(`${name}: are you sure?`)) return;
    const parameters = new URLSearchParams({ ...query, confirm: name });
    say("result", `${name}: …`);
    try {
      const response = await request(`${base}/${path}?${parameters}`, { method: "POST" });
      say("result", `${name}: ${(await response.text()).trim()}`);
    } catch (error) {
      say("result", `${name}: ${error.message}`);
    }
  }

  async function open(link) {
    const response = await request(link.href);
    const dialog = byId("report");
    dialog.querySelector("h2").textContent = link.dataset.open;
    dialog.querySelector("pre").textContent = await response.text();
    dialog.showModal();
  }

  function onClick(event) {
    const { target } = event;
    if (!(target instanceof Element)) return;
    const trace = target.closest("a[data-trace]");
    const field = byId("log-trace-id");
    if (trace && field) {
      event.preventDefault();
      field.value = trace.dataset.trace;
      filter(field.form);
      byId("log").scrollIntoView();
      field.focus();
    }
    const link = target.closest("a[data-open]");
    if (link) {
      event.preventDefault();
      open(link).catch((error) => say("result", error.message));
    }
    const task = target.closest("button[data-task]");
    if (task) change(`tasks/${task.dataset.task}`, task.dataset.task);
    const revert = target.closest("button[data-revert]");
    if (revert) change(`settings/${revert.dataset.revert}`, revert.dataset.revert, { revert: "" });
    if (target.id === "close-report") byId("report").close();
  }

  let typing = 0;
  function onInput(event) {
    if (event.target.id === "search") return search();
    const form = event.target.closest("form[data-filter]");
    if (!form) return;
    clearTimeout(typing);
    typing = setTimeout(() => filter(form), 300);
  }

  function onSubmit(event) {
    const form = event.target;
    event.preventDefault();
    if (form.dataset.filter) filter(form);
    const name = form.dataset.setting;
    if (name) change(`settings/${name}`, name, Object.fromEntries(new FormData(form)));
  }

  function prepare() {
    document.querySelectorAll("main section").forEach(prepareTables);
    document.querySelectorAll("[data-script]").forEach((it) => { it.hidden = false; });
  }

  const alive = (how) => say("state", `live, ${new Date().toLocaleTimeString()}${how}`);

  async function follow() {
    stream = new AbortController();
    const { signal } = stream;
    const response = await request(`${base}/live`, { headers: { accept: "text/event-stream" }, signal });
    if (!response.ok) throw new Error(String(response.status));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const silence = setTimeout(() => stream.abort(), MAX_SILENCE);
      const { value, done } = await reader.read();
      clearTimeout(silence);
      if (done) return;
      const events = (text + value).split("\n\n");
      text = events.pop();
      for (const event of events) {
        if (event.startsWith("data: ")) showSections(JSON.parse(event.slice(6)));
        alive("");
      }
    }
  }

  // Requests the whole page. Returns whether there is one for this viewer.
  async function poll() {
    const response = await request(location.pathname, { headers: { accept: "text/html" } });
    if (response.status === 401) {
      say("state", "A bearer token is required.");
      return false;
    }
    if (!response.ok) throw new Error(String(response.status));
    const next = parse(await response.text());
    const main = document.querySelector("main");
    if (byId("token")) {
      // After the token: the page gets its head.
      document.querySelector("header").replaceWith(next.querySelector("header"));
      main.before(next.querySelector("nav"));
      main.replaceChildren(...next.querySelector("main").childNodes);
      prepare();
      search();
    } else {
      const contents = [...next.querySelectorAll("main section")].map((section) => {
        return [section.id, section.querySelector(".content").innerHTML];
      });
      showSections(Object.fromEntries(contents));
    }
    alive(", by requests");
    return true;
  }

  async function run() {
    for (;;) {
      // A page that nobody sees requests nothing.
      if (document.hidden || (byId("token") && !sessionStorage.getItem(KEY))) {
        await new Promise((done) => { wake = done; });
        continue;
      }
      try {
        if (byId("token") && !(await poll())) {
          sessionStorage.removeItem(KEY);
          continue;
        }
        await follow();
      } catch (error) {
        if (document.hidden) continue;
        say("state", `not live: ${error.message}`);
      }
      const again = Date.now() + STREAM_AGAIN;
      while (Date.now() < again && !document.hidden) {
        try {
          await poll();
        } catch (error) {
          say("state", `not live: ${error.message}`);
        }
        await pause(PERIOD);
      }
    }
  }

  byId("token")?.addEventListener("change", (event) => {
    sessionStorage.setItem(KEY, event.target.value);
    wake();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stream?.abort();
    wake();
  });
  document.addEventListener("click", onClick);
  document.addEventListener("input", onInput);
  document.addEventListener("submit", onSubmit);
  prepare();
  run();
})();
