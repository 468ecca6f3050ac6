// Shows the current page in the bar, folds the list of contents on narrow screens, and marks in it
// what is being read.
(() => {
  "use strict";
  const current = document.querySelector("nav.pages [aria-current]");
  current?.scrollIntoView({ block: "nearest", inline: "center", behavior: "instant" });

  const contents = document.querySelector("nav.contents > details");
  if (contents === null) return;

  const narrow = window.matchMedia("(max-width: 62rem)");
  const fold = () => { contents.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
  contents.addEventListener("click", (event) => {
    if (narrow.matches && event.target.closest("a") !== null) contents.open = false;
  });

  const links = new Map();
  for (const link of contents.querySelectorAll("li a")) {
    const id = decodeURIComponent(link.hash.slice(1));
    links.set(id, [...(links.get(id) ?? []), link]);
  }
  const sections = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  let marked = [];
  const mark = () => {
    const limit = window.innerHeight / 3;
    let last = null;
    for (const heading of sections) {
      const top = heading.getBoundingClientRect().top;
      if (top <= limit && (last === null || top > last.top)) last = { heading, top };
    }
    const found = last === null ? [] : links.get(last.heading.id);
    if (found === marked) return;
    for (const link of marked) link.classList.remove("here");
    for (const link of found) link.classList.add("here");
    marked = found;
    if (!narrow.matches) found[0]?.scrollIntoView({ block: "nearest", behavior: "instant" });
  };
  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  };
  document.addEventListener("scroll", later, { passive: true });
  mark();
})();
