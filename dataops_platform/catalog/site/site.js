"use strict";
{
  const MOST = 12;
  const root = document.currentScript.dataset.root;
  const field = document.getElementById("search");
  const list = document.getElementById("results");
  const found = document.getElementById("found");
  let chosen = -1, engine = null;

  // Only who searches waits for the index. Scripts, because a page in a folder may not fetch a file.
  const loadIndex = () => {
    if (document.getElementById("index")) return;
    const [library, index] = ["minisearch.js", "search-index.js"].map((name) =>
      Object.assign(document.createElement("script"), { src: root + name, async: false }));
    Object.assign(index, { id: "index", onload: () => { engine = indexed(); search(); } });
    document.head.append(library, index);
  };

  // Names count more than texts, tables more than their columns, and of tables of one name the one people use first.
  const indexed = () => {
    const found = new MiniSearch({
      fields: ["name", "text"],
      searchOptions: {
        prefix: true,
        fuzzy: (word) => word.length > 4 && 0.2,
        combineWith: "AND",
        boost: { name: 4 },
        boostDocument: (id) => (window.searchIndex[id][2] === "table" ? 2 : 1) - id / window.searchIndex.length / 4,
      },
    });
    found.addAll(window.searchIndex.map(([name, , , text], id) => ({ id, name, text })));
    return found;
  };

  const option = ([title, path, place, text], number) => {
    const item = document.createElement("li");
    item.id = `result-${number}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.dataset.path = path;
    const name = item.appendChild(document.createElement("strong"));
    name.textContent = title;
    item.append(place === "table" ? "" : ` in ${place}`);
    item.appendChild(document.createElement("span")).textContent = text;
    item.onclick = () => go(item);
    return item;
  };

  const close = () => {
    list.hidden = true;
    chosen = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };

  const search = () => {
    close();
    found.textContent = "";
    if (!field.value.trim() || !engine) return;
    const hits = engine.search(field.value);
    list.replaceChildren(...hits.slice(0, MOST).map(({ id }, number) => option(window.searchIndex[id], number)));
    found.textContent = hits.length ? `${hits.length} found` : "Nothing found";
    if (!hits.length) list.append(Object.assign(document.createElement("li"), { textContent: "Nothing found" }));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
  };

  const choose = (step) => {
    const options = list.querySelectorAll("[role=option]");
    if (list.hidden || !options.length) return;
    options[chosen]?.setAttribute("aria-selected", "false");
    chosen = (chosen + step + options.length) % options.length;
    options[chosen].setAttribute("aria-selected", "true");
    options[chosen].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", options[chosen].id);
  };

  const go = (item) => { if (item?.dataset.path) { close(); location.href = root + item.dataset.path; } };

  field.addEventListener("focus", loadIndex);
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: 1, ArrowUp: chosen < 0 ? 0 : -1 };
    if (event.key in moves) { event.preventDefault(); choose(moves[event.key]); }
    if (event.key === "Enter") go(list.querySelectorAll("[role=option]")[Math.max(chosen, 0)]);
    if (event.key === "Escape") close();
  });
  document.addEventListener("click", (event) => { if (!event.target.closest(".search")) close(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, textarea")) { event.preventDefault(); field.focus(); }
  });

  for (const button of document.querySelectorAll(".copy")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.onclick = async () => {
      await navigator.clipboard.writeText(button.closest(".query").querySelector("code").textContent);
      button.firstChild.data = "Copied";
      setTimeout(() => { button.firstChild.data = "Copy"; }, 2000);
    };
  }

  // Newer pages show up by themselves, unless somebody is in the middle of something. Each version is tried once: a
  // cache between here and there may still hold the old page.
  const EVERY = 10_000, TRIED = "catalogue-version", OPEN = `catalogue-open-${location.pathname}`;
  const details = [...document.querySelectorAll("details")];
  const isBusy = () => document.hidden || !getSelection().isCollapsed || document.activeElement?.closest("input, select, #explorer, .charts");
  const reload = () => {
    sessionStorage.setItem(TRIED, window.siteVersion);
    sessionStorage.setItem(OPEN, details.flatMap((one, place) => one.open ? [place] : []).join());
    location.reload();
  };
  const look = () => {
    const version = document.createElement("script");
    version.onload = () => {
      version.remove();
      const isNew = window.siteVersion !== document.documentElement.dataset.version;
      if (isNew && !isBusy() && sessionStorage.getItem(TRIED) !== window.siteVersion) reload();
    };
    version.onerror = () => version.remove();
    document.head.append(Object.assign(version, { src: `${root}version.js?${Date.now()}` }));
  };
  for (const place of (sessionStorage.getItem(OPEN) ?? "").split(",").filter(Boolean)) if (details[place]) details[place].open = true;
  sessionStorage.removeItem(OPEN);
  setInterval(() => { if (!document.hidden) look(); }, EVERY);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
}
