// The item explorer: search, filter, sort and page through the items of a benchmark.
// Data become text nodes only, never markup.
"use strict";
(() => {
  const PAGE = 50;
  const LONGEST = 200;
  const WAIT = 120;
  const STATE = { all: 0, flagged: 1, error: 2, audit: 4, wrong: 8 };
  // Places in a row of data, as the page wrote them.
  const ID = 0, BITS = 1, CODES = 2, PAIR = 3, CELLS = 4;
  const order = new Intl.Collator("en", { numeric: true });

  const shown = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(3));
  const width = (text) => (text.length > 150 ? "text longest" : text.length > 60 ? "text long" : "text");

  function textInto(cell, text) {
    if (text.length <= LONGEST) {
      cell.textContent = text;
      return;
    }
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    const start = text.slice(0, LONGEST).trimEnd() + "…";
    summary.textContent = start;
    details.addEventListener("toggle", () => { summary.textContent = details.open ? "Show less" : start; });
    const whole = document.createElement("div");
    whole.textContent = text;
    details.append(summary, whole);
    cell.append(details);
  }

  const compared = (one, other) => (typeof one === "number" ? one - other : order.compare(one, other));

  /** What is not measured comes last, whichever way the rest is sorted. */
  function sorted(items, column, down) {
    const value = column === 0 ? (item) => item[ID] : (item) => item[CELLS][column - 1];
    const isKnown = (item) => value(item) !== null && value(item) !== "";
    const known = items.filter(isKnown);
    known.sort((one, other) => (down ? compared(value(other), value(one)) : compared(value(one), value(other))));
    return known.concat(items.filter((item) => !isKnown(item)));
  }

  class Explorer {
    constructor(root) {
      this.root = root;
      this.data = JSON.parse(document.getElementById(`${root.id}-data`).textContent);
      this.haystacks = null;
      this.first = 0;
      this.column = null;
      this.down = false;
      this.search = root.querySelector("input[type=search]");
      this.filters = Object.fromEntries(
        [...root.querySelectorAll("select[data-filter]")].map((select) => [select.dataset.filter, select]));
      this.status = root.querySelector("[role=status]");
      this.body = root.querySelector("tbody");
      this.heads = [...root.querySelectorAll("thead th")];
      [this.previous, this.next] = root.querySelectorAll(".paging button");
      this.place = root.querySelector(".paging span");
      this.listen();
      root.hidden = false;
      this.update();
    }

    listen() {
      let timer = 0;
      this.search.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => this.update(), WAIT);
      });
      for (const select of Object.values(this.filters)) select.addEventListener("change", () => this.update());
      this.root.querySelector("[data-clear]").addEventListener("click", () => this.set({}));
      this.previous.addEventListener("click", () => this.turn(-PAGE));
      this.next.addEventListener("click", () => this.turn(PAGE));
      this.heads.forEach((head, column) =>
        head.querySelector("button").addEventListener("click", () => this.sortBy(column)));
    }

    /** Set every filter: those that are not named show everything. */
    set(wanted) {
      this.search.value = "";
      for (const [name, select] of Object.entries(this.filters)) select.value = wanted[name] ?? "";
      this.update();
    }

    sortBy(column) {
      if (this.column !== column) [this.column, this.down] = [column, false];
      else if (!this.down) this.down = true;
      else this.column = null;
      this.heads.forEach((head, number) =>
        head.setAttribute("aria-sort", number !== this.column ? "none" : this.down ? "descending" : "ascending"));
      this.update();
    }

    turn(by) {
      this.first = Math.max(0, this.first + by);
      this.draw();
      this.root.querySelector(".scroll").scrollIntoView({ block: "start" });
    }

    update() {
      this.first = 0;
      this.found = this.matching();
      if (this.column !== null) this.found = sorted(this.found, this.column, this.down);
      this.root.classList.toggle("filtered", this.found.length < this.data.items.length);
      this.draw();
    }

    matching() {
      const items = this.data.items;
      const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const chosen = (name) => (this.filters[name] ? this.filters[name].value : "");
      const bit = STATE[chosen("state") || "all"];
      const code = this.data.codes.indexOf(chosen("reason"));
      const [assigned, suggested] = [chosen("assigned"), chosen("suggested")];
      if (words.length && this.haystacks === null) {
        this.haystacks = items.map((item) =>
          [item[ID], ...item[CELLS].filter((cell) => typeof cell === "string")].join("\n").toLowerCase());
      }
      return items.filter((item, number) =>
        (!bit || item[BITS] & bit) &&
        (code < 0 || item[CODES].includes(code)) &&
        (!assigned || item[PAIR][0] === assigned) &&
        (!suggested || item[PAIR][1] === suggested) &&
        words.every((word) => this.haystacks[number].includes(word)));
    }

    draw() {
      const last = Math.min(this.first + PAGE, this.found.length);
      this.body.replaceChildren(...this.found.slice(this.first, last).map((item) => this.row(item)));
      const all = this.data.items.length;
      const of = this.found.length === all ? `${all} items` : `${this.found.length} items (${all} in all)`;
      this.status.textContent = this.found.length
        ? `Showing ${this.first + 1} to ${last} of ${of}`
        : `No item fits (${all} in all). Clear the filters to see them again.`;
      this.previous.disabled = this.first === 0;
      this.next.disabled = last >= this.found.length;
      const pages = Math.max(1, Math.ceil(this.found.length / PAGE));
      this.place.textContent = `Page ${this.first / PAGE + 1} of ${pages}`;
    }

    row(item) {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.className = "code";
      head.textContent = item[ID];
      row.append(head);
      for (const value of item[CELLS]) {
        const cell = document.createElement("td");
        cell.dir = "auto";
        if (typeof value === "string") {
          cell.className = width(value);
          textInto(cell, value);
        } else {
          cell.className = "number";
          cell.textContent = value === null ? "–" : shown(value);
        }
        row.append(cell);
      }
      return row;
    }
  }

  const explorers = new Map();
  for (const root of document.querySelectorAll(".explorer")) explorers.set(root.id, new Explorer(root));

  /** A cell of a table elsewhere on the page leads to its items. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-explorer]");
    const explorer = link && explorers.get(link.dataset.explorer);
    if (!explorer) return;
    event.preventDefault();
    explorer.set(link.dataset);
    const title = explorer.root.querySelector("h3");
    title.focus({ preventScroll: true });
    title.scrollIntoView({ block: "start" });
  });
})();
