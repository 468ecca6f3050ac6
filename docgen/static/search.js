// Searches the index of all pages: a combobox with a list of links.
(() => {
  "use strict";
  const root = document.currentScript.dataset.root;
  const input = document.getElementById("search");
  const list = document.getElementById("search-results");
  const status = document.getElementById("search-status");
  if (input === null) return;
  const MOST = 40;
  let entries = null;
  let selected = -1;

  // The index is a script, because pages opened from a file may load nothing else.
  const load = () => {
    if (document.getElementById("search-index") !== null) return;
    const script = document.createElement("script");
    script.id = "search-index";
    script.src = `${root}search-index.js`;
    script.addEventListener("load", () => {
      const { pages, entries: rows } = window.ocppfwIndex;
      entries = rows.map(([page, anchor, title, isRow, text]) => ({
        href: root + pages[page][0] + (anchor ? `#${encodeURIComponent(anchor)}` : ""),
        page: pages[page][1],
        title,
        text,
        isRow,
        lowerTitle: title.toLowerCase(),
        lowerAll: `${title} ${pages[page][1]} ${text}`.toLowerCase(),
      }));
      search();
    });
    document.head.append(script);
  };

  // Lower is better; null is no match. Every word must be found somewhere.
  const rank = (entry, words) => {
    let sum = entry.isRow;
    for (const word of words) {
      if (!entry.lowerAll.includes(word)) return null;
      const at = entry.lowerTitle.indexOf(word);
      if (at < 0) sum += 8;
      else if (at > 0) sum += /[^a-z0-9]/.test(entry.lowerTitle[at - 1]) ? 2 : 4;
      if (at >= 0 && entry.lowerTitle.length > word.length) sum += 1;
    }
    return sum;
  };

  const find = (query) => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    const found = [];
    for (const entry of entries) {
      const score = rank(entry, words);
      if (score !== null) found.push({ entry, score });
    }
    found.sort((a, b) => a.score - b.score || a.entry.title.length - b.entry.title.length);
    return found.map(({ entry }) => entry);
  };

  const part = (name, text) => {
    const span = document.createElement("span");
    span.className = name;
    span.textContent = text;
    return span;
  };

  const option = (entry, number) => {
    const link = document.createElement("a");
    link.id = `search-result-${number}`;
    link.href = entry.href;
    link.tabIndex = -1;
    link.setAttribute("role", "option");
    link.setAttribute("aria-selected", "false");
    link.append(part("title", entry.title), part("where", entry.page));
    if (entry.text) link.append(part("text", entry.text));
    link.addEventListener("click", close);
    return link;
  };

  const search = () => {
    if (entries === null) return;
    const query = input.value.trim();
    const found = query === "" ? [] : find(query);
    list.replaceChildren(...found.slice(0, MOST).map(option));
    selected = -1;
    input.removeAttribute("aria-activedescendant");
    show(found.length > 0);
    status.textContent = query === "" ? "" : `${found.length || "nothing"} found`;
  };

  const show = (visible) => {
    list.hidden = !visible;
    input.setAttribute("aria-expanded", String(visible));
  };

  function close() {
    show(false);
  }

  const select = (number) => {
    const options = list.children;
    if (list.hidden || options.length === 0) return;
    options[selected]?.setAttribute("aria-selected", "false");
    selected = (number + options.length) % options.length;
    options[selected].setAttribute("aria-selected", "true");
    options[selected].scrollIntoView({ block: "nearest", behavior: "instant" });
    input.setAttribute("aria-activedescendant", options[selected].id);
  };

  const keys = {
    ArrowDown: () => select(selected + 1),
    ArrowUp: () => select(selected < 0 ? -1 : selected - 1),
    Enter: () => list.children[Math.max(selected, 0)]?.click(),
    Escape: () => { if (list.hidden) input.value = ""; close(); },
  };
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
  input.addEventListener("focus", () => { load(); search(); });
  input.addEventListener("input", search);
  for (const leaving of ["click", "focusin"]) {
    document.addEventListener(leaving, (event) => {
      if (event.target.closest(".search") === null) close();
    });
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]") !== null;
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
  });
})();
