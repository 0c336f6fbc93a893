"use strict";
(() => {
  const $ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);

  // --- what is put in its place when it comes into view

  const kept = (element) => byId(element.dataset.src).textContent;

  function fill(box) {
    if (box.firstChild || !byId(box.dataset.src)) return;
    box.innerHTML = kept(box);
    if (box.closest("#variables")) filterRows(box);
  }

  function open(group) {
    const body = group.querySelector(".body");
    if (!body.firstChild && byId(group.dataset.src)) body.innerHTML = kept(group);
  }

  function unfold(row) {
    const { b, a } = row.dataset;
    const lines = kept(row).split("\n");
    const html = lines.map((line, i) =>
      `<tr class=s><td class=n>${+b + i}<td class=c>${line}<td class=n>${+a + i}<td class=c>${line}`);
    const holder = document.createElement("tbody");
    holder.innerHTML = html.join("");
    const first = holder.firstChild;
    row.replaceWith(...holder.childNodes);
    return first;
  }

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      fill(entry.target);
    }
  }, { rootMargin: "1500px 0px" });

  // What was not looked at yet is filled in while nothing else happens, so that the browser's own search finds it.
  function fillRest(boxes) {
    const idle = window.requestIdleCallback || ((call) => setTimeout(() => call({ timeRemaining: () => 8 }), 50));
    let next = 0;
    let scrolled = 0;
    addEventListener("scroll", () => { scrolled = performance.now(); }, { passive: true });
    const work = (deadline) => {
      const busy = performance.now() - scrolled < 500;
      while (!busy && next < boxes.length && deadline.timeRemaining() > 4) fill(boxes[next++]);
      if (next < boxes.length) idle(work);
    };
    idle(work);
  }

  // --- addresses: #group:..., #file:NAME, #file:NAME:b12 (a line before), #file:NAME:a12 (a line after)

  const inside = (range, line) => {
    const [first, last] = (range || "").split("-").map(Number);
    return first <= line && line <= last;
  };

  function findLine(file, side, line) {
    const box = $(".lazy", file).find((one) => inside(one.dataset[side], line));
    if (!box) return null;
    fill(box);
    for (const fold of $("tr.fold", box)) {
      const from = +fold.dataset[side];
      if (from <= line && line < from + +fold.dataset.n) unfold(fold);
    }
    const column = side === "b" ? 0 : 2;
    return $("tr", box).find((row) => row.cells.length === 4 && row.cells[column].textContent === String(line));
  }

  function target(id) {
    const line = /^(file:.*):([ab])(\d+)$/.exec(id);
    const file = line && byId(line[1]);
    if (!file) return byId(id);
    file.open = true;
    return findLine(file, line[2], +line[3]) || file;
  }

  let here = null;

  function go(element, focus = true) {
    if (!element) return;
    for (let at = element.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
    if (element.matches("details.group")) { element.open = true; open(element); }
    if (here) here.classList.remove("here");
    here = element;
    if (element.matches("tr, .finding")) element.classList.add("here");
    const holder = element.matches("details") ? element.querySelector("summary")
      : element.matches("section") ? element.querySelector("h2") : element;
    if (focus) {
      if (!holder.matches("a, summary, input")) holder.tabIndex = -1;
      holder.focus({ preventScroll: true });
    }
    settle(holder, element.matches("tr") ? "center" : "start");
  }

  // Boxes above take their true height when they come near, so it is scrolled again until nothing moves.
  let settling = 0;

  function settle(holder, block) {
    const turn = ++settling;
    let still = 0;
    let last = NaN;
    const again = (left) => {
      if (turn !== settling) return;
      holder.scrollIntoView({ block });
      const now = holder.getBoundingClientRect().top;
      still = Math.abs(now - last) < 1 ? still + 1 : 0;
      last = now;
      if (still < 3 && left) requestAnimationFrame(() => again(left - 1));
    };
    again(60);
  }

  for (const moved of ["wheel", "touchstart", "pointerdown"]) addEventListener(moved, () => { settling++; }, { passive: true, capture: true });

  function follow() {
    const [id, query] = location.hash.slice(1).split("?");
    if (query !== undefined) setFilter(new URLSearchParams(query));
    if (id) go(target(id));
  }

  function address(id) {
    const query = filterQuery();
    history.replaceState(null, "", `#${id || ""}${query ? `?${query}` : ""}`);
  }

  // --- filter

  const form = byId("filter");
  const told = byId("told");
  const files = $("details.file");
  const groups = $("details.group");
  const findings = $("#findings > .finding");
  const links = new Map($("nav [data-of]").map((link) => [link.dataset.of, link]));
  const words = (text) => (text ? text.split(" ") : []);
  let shownGroups = null;

  function filterQuery() {
    return new URLSearchParams([...new FormData(form)].filter(([, value]) => value)).toString();
  }

  function setFilter(query) {
    for (const field of form.elements) if (field.name) field.value = query.get(field.name) || "";
    apply();
  }

  function apply() {
    const { q, state, code, group } = Object.fromEntries(new FormData(form));
    const text = q.trim().toLowerCase();
    const active = Boolean(text || state || code || group);
    const matching = groups.filter((one) =>
      (!state || words(one.dataset.states).includes(state)) &&
      (!code || words(one.dataset.codes).includes(code)) &&
      (!group || one.id === group));
    const byText = (one) => !text || one.dataset.text.includes(text) || one.dataset.files.toLowerCase().includes(text);
    const shown = new Set(matching.filter(byText));
    const ofGroups = new Set([...shown].flatMap((one) => one.dataset.files.split("\t")));
    const onlyGroups = Boolean(state || group);
    let count = 0;
    for (const file of files) {
      const name = file.dataset.name;
      const byName = !text || file.dataset.text.includes(text);
      const visible = !active || ofGroups.has(name) ||
        (byName && !onlyGroups && (!code || words(file.dataset.codes).includes(code)));
      file.hidden = !visible;
      links.get(file.id).hidden = !visible;
      count += visible;
    }
    for (const one of groups) one.hidden = active && !shown.has(one);
    const open = new Set(files.filter((file) => !file.hidden).map((file) => file.dataset.name));
    for (const one of findings) {
      one.hidden = active && !((!code || one.dataset.codes === code) && open.has(one.dataset.files));
    }
    shownGroups = active ? new Set([...shown].map((one) => one.id)) : null;
    $("#variables .lazy").forEach(filterRows);
    form.querySelector("[type=reset]").hidden = !active;
    told.textContent = active
      ? `${count} of ${files.length} files, ${shown.size} of ${groups.length} sharing groups` : "";
  }

  function filterRows(box) {
    for (const row of $("tr[data-group]", box)) row.hidden = shownGroups !== null && !shownGroups.has(row.dataset.group);
  }

  // --- from one thing to the next

  const visible = (element) => !element.closest("[hidden]");
  const top = (element) => element.getBoundingClientRect().top;

  function step(elements, direction) {
    const shown = elements.filter(visible);
    let at = shown.indexOf(here);
    if (at < 0) {
      const line = 140;
      at = direction > 0 ? shown.findIndex((one) => top(one) > line) - 1 : shown.findIndex((one) => top(one) >= line - 40);
      if (direction > 0 && at === -2) return;
      if (direction < 0 && at === -1) at = shown.length;
    }
    const next = shown[at + direction];
    if (next) go(next);
    if (next && next.id) address(next.id);
  }

  function stepChange(direction) {
    const boxes = $("details.file:not([hidden]) > .lazy");
    const start = here && here.matches("tr") ? here.closest(".lazy") : null;
    let at = start ? boxes.indexOf(start) : boxes.findIndex((box) => box.getBoundingClientRect().bottom > 140);
    if (here && !start && here.matches("details.file")) at = boxes.indexOf(here.querySelector(".lazy"));
    if (at < 0) at = direction > 0 ? boxes.length : boxes.length - 1;
    for (let i = at; i >= 0 && i < boxes.length; i += direction) {
      fill(boxes[i]);
      const changes = $("tr.h", boxes[i]);
      const after = (row) => here.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING;
      const left = i === at && here && (start || here.contains(boxes[i]))
        ? changes.filter((row) => row !== here && Boolean(after(row)) === direction > 0) : changes;
      const next = direction > 0 ? left[0] : left[left.length - 1];
      if (next) {
        go(next);
        const file = next.closest("details.file");
        const numbered = [["b", 0], ["a", 2]].find(([, column]) => next.cells[column].textContent);
        address(`${file.id}:${numbered[0]}${next.cells[numbered[1]].textContent}`);
        return;
      }
    }
  }

  const current = () => (here && here.closest("details.file, details.group")) ||
    [...files, ...groups].filter(visible).find((one) => one.getBoundingClientRect().bottom > 160);

  const keys = {
    j: () => stepChange(1), k: () => stepChange(-1),
    n: () => step(files, 1), p: () => step(files, -1),
    s: () => step(groups, 1), S: () => step(groups, -1),
    f: () => step(findings, 1), F: () => step(findings, -1),
    o: () => { const one = current(); if (one) one.open = !one.open; },
    e: () => { const one = current(); if (one) { $(".lazy", one).forEach(fill); $("tr.fold", one).forEach(unfold); } },
    g: () => { settling++; scrollTo(0, 0); here = null; address(""); },
    t: () => theme(),
    "/": () => form.elements.q.focus(),
    "?": () => help.showModal(),
  };

  // --- light and dark

  const themes = ["", "light", "dark"];
  const names = { "": "as the system", light: "light", dark: "dark" };

  function setTheme(value) {
    document.documentElement.dataset.theme = value;
    byId("theme").setAttribute("aria-label", `Colours: ${names[value]}`);
    byId("theme").title = `Colours: ${names[value]}`;
  }

  function theme() {
    const value = themes[(themes.indexOf(document.documentElement.dataset.theme || "") + 1) % themes.length];
    setTheme(value);
    try { localStorage.setItem("tfmigrate-theme", value); } catch { /* not allowed: then for this time only */ }
  }

  try { setTheme(localStorage.getItem("tfmigrate-theme") || ""); } catch { setTheme(""); }

  // --- what happens

  const help = byId("help");
  byId("theme").addEventListener("click", theme);
  byId("help-button").addEventListener("click", () => help.showModal());
  form.addEventListener("input", () => { apply(); address(""); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { apply(); address(""); }));
  addEventListener("hashchange", follow);
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.group") && event.target.open) open(event.target);
  }, true);

  document.addEventListener("click", (event) => {
    const fold = event.target.closest("tr.fold");
    if (fold) { go(unfold(fold)); return; }
    const link = event.target.closest('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) follow();
    const number = event.target.closest(".diff td.n");
    if (!number || !number.textContent) return;
    const side = number.cellIndex === 0 ? "b" : "a";
    address(`${number.closest("details.file").id}:${side}${number.textContent}`);
    go(number.parentElement);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target.matches("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  addEventListener("beforeprint", () => {
    for (const one of [...files, ...groups].filter(visible)) one.open = true;
    $(".lazy").filter(visible).forEach(fill);
    groups.filter(visible).forEach(open);
  });

  document.addEventListener("DOMContentLoaded", () => {
    if (innerWidth <= 760) byId("contents").open = false;
    const boxes = $(".lazy");
    boxes.forEach((box) => seen.observe(box));
    groups.filter((one) => one.open).forEach(open);
    follow();
    document.documentElement.dataset.ready = "";
    fillRest(boxes);
  });
})();
