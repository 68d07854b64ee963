"use strict";
(() => {
  const PERIOD = 2000;
  let state = document.getElementById("state");
  let search = document.getElementById("search");
  const token = document.getElementById("token");
  const key = "gusset-token";
  const sorted = new Map();

  const cells = (row, at) => row.cells[at] ? row.cells[at].textContent : "";

  function filter() {
    const words = search ? search.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
    for (const row of document.querySelectorAll("tbody tr")) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  }

  function sort(section, table) {
    const order = sorted.get(section);
    if (!order) return;
    const head = table.tHead.rows[0].cells[order.at];
    if (!head) return;
    head.setAttribute("aria-sort", order.up ? "ascending" : "descending");
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => {
      const [left, right] = [cells(a, order.at), cells(b, order.at)];
      const [x, y] = [Number(left), Number(right)];
      const by = Number.isNaN(x) || Number.isNaN(y) ? left.localeCompare(right, "en", { numeric: true }) : x - y;
      return order.up ? by : -by;
    });
    table.tBodies[0].append(...rows);
  }

  function bind() {
    state = document.getElementById("state");
    search = document.getElementById("search");
    if (search) search.addEventListener("input", filter);
  }

  function prepare() {
    for (const section of document.querySelectorAll("main section")) {
      const table = section.querySelector("table");
      if (!table) continue;
      [...table.tHead.rows[0].cells].forEach((head, at) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = head.textContent;
        button.addEventListener("click", () => {
          const last = sorted.get(section.id);
          sorted.set(section.id, { at, up: last && last.at === at ? !last.up : false });
          for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
          sort(section.id, table);
        });
        head.replaceChildren(button);
      });
      sort(section.id, table);
    }
    filter();
  }

  function show(text) {
    const next = new DOMParser().parseFromString(text, "text/html");
    const main = document.querySelector("main");
    const active = document.activeElement;
    const place = active && main.contains(active) ? [active.closest("section")?.id, active.textContent] : null;
    const scrolled = new Map();
    for (const wide of main.querySelectorAll("section .wide")) {
      scrolled.set(wide.closest("section").id, wide.scrollTop);
    }
    main.replaceChildren(...next.querySelector("main").childNodes);
    if (!search) {
      // After the token: the page gets its head.
      document.querySelector("header").replaceWith(next.querySelector("header"));
      main.before(next.querySelector("nav"));
      bind();
    }
    prepare();
    for (const [id, top] of scrolled) {
      const wide = document.querySelector(`#${CSS.escape(id)} .wide`);
      if (wide) wide.scrollTop = top;
    }
    if (place && place[0]) {
      const buttons = document.querySelectorAll(`#${CSS.escape(place[0])} button`);
      [...buttons].find((button) => button.textContent === place[1])?.focus();
    }
  }

  async function renew() {
    // A page that nobody sees asks for nothing.
    if (document.hidden) return;
    const headers = { accept: "text/html" };
    const known = sessionStorage.getItem(key);
    if (known) headers.authorization = `Bearer ${known}`;
    try {
      const response = await fetch(location.pathname, { headers, cache: "no-store" });
      if (response.status === 401) {
        state.textContent = "A bearer token is required.";
        return;
      }
      if (!response.ok) throw new Error(String(response.status));
      show(await response.text());
      state.textContent = `live, ${new Date().toLocaleTimeString()}`;
    } catch (error) {
      state.textContent = `not live: ${error.message}`;
    }
  }

  if (token) {
    token.addEventListener("change", () => {
      sessionStorage.setItem(key, token.value);
      renew();
    });
  }
  bind();
  document.addEventListener("visibilitychange", renew);
  prepare();
  setInterval(renew, PERIOD);
})();
