"use strict";
// The picture of the lineage: a card for each table, a wire for each thing that is made of another, and in words what
// depends on a column. Cards and columns are ordinary lists and buttons; the wires are for the eye alone.
{
  const root = document.currentScript.dataset.root;
  const explorer = document.getElementById("explorer");
  const MANY = 80, FEW = 40, GAP_X = 72, GAP_Y = 14, WIDTH = 216;
  const ASK = "Choose a column to see where it comes from, and what would break without it.";
  const make = (tag, told = {}, ...inside) => {
    const made = Object.assign(document.createElement(tag), told);
    made.append(...inside);
    return made;
  };
  const some = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

  // Tables and columns that know each other, out of the numbers of the file.
  const read = (file) => {
    const tables = file.tables.map((told, number) => ({ ...told, id: String(number), columns: [], sources: new Set(), targets: new Set(), rows: [] }));
    const columns = tables.flatMap((table, number) => file.tables[number].columns.map((name, place) => {
      const column = { table, name, full: `${table.name}.${name}`, from: [], to: [], decides: [], unknown: table.unknown?.[place] };
      table.columns.push(column);
      return column;
    }));
    const pairs = (edges) => edges.flatMap((part, place) =>
      place % 2 ? [] : [{ column: columns[part], way: file.ways[edges[place + 1]], isValue: file.values[edges[place + 1]] }]);
    tables.forEach((table, number) => {
      table.rows = pairs(file.tables[number].rows);
      table.rows.forEach(({ column }) => column.decides.push(table));
      table.columns.forEach((column, place) => {
        column.from = pairs(file.tables[number].from[place] ?? []);
        column.from.forEach((edge) => edge.column.to.push({ ...edge, column }));
      });
      for (const { column } of [...table.rows, ...table.columns.flatMap((one) => one.from)]) {
        if (column.table === table) continue;
        table.sources.add(column.table);
        column.table.targets.add(table);
      }
    });
    return { tables, columns };
  };

  // What following edges leads to, without where it began.
  const reached = (start, next) => {
    const found = new Set(), known = new Set(start), waiting = [...start];
    while (waiting.length) {
      for (const one of next(waiting.pop())) if (!known.has(one)) { known.add(one); found.add(one); waiting.push(one); }
    }
    return found;
  };
  const ends = (edges, valuesOnly) => edges.filter((edge) => edge.isValue || !valuesOnly).map((edge) => edge.column);

  // What would break without these columns: the same sets as `dataops lineage --downstream` tells.
  const dependents = (start) => {
    const values = reached(start, (column) => ends(column.to, true));
    const own = reached(start, (column) => ends(column.to));
    const all = reached(start, (column) => [...ends(column.to), ...column.decides.flatMap((table) => table.columns)]);
    const rows = new Set([...start, ...all].flatMap((column) => column.decides));
    const influences = new Set([...own].filter((column) => !values.has(column)));
    const tables = new Set([...[...all].map((column) => column.table), ...rows]);
    return { values, influences, rows, tables, unknown: [...all].filter((column) => column.unknown) };
  };

  const around = (table) => new Set([
    table, ...reached([table], (one) => one.sources), ...reached([table], (one) => one.targets),
  ]);

  // Where dagre puts the cards from left to right, each as high as it is, and the points by which wires pass others.
  const laidOut = (shown, cards) => {
    const graph = new dagre.graphlib.Graph();
    graph.setGraph({ rankdir: "LR", nodesep: GAP_Y, edgesep: GAP_Y, ranksep: GAP_X }).setDefaultEdgeLabel(() => ({}));
    for (const table of shown) graph.setNode(table.id, { width: WIDTH, height: cards.get(table).card.offsetHeight });
    for (const table of shown) for (const source of table.sources) if (shown.has(source)) graph.setEdge(source.id, table.id);
    dagre.layout(graph);
    return graph;
  };

  const start = (graph) => {
    const map = explorer.querySelector(".map"), answer = explorer.querySelector(".answer"), picker = explorer.querySelector("select");
    const byName = new Map(graph.tables.map((table) => [table.name, table]));
    const columnNamed = new Map(graph.columns.map((column) => [column.full, column]));
    const focus = byName.get(explorer.dataset.focus);
    const open = new Set(focus && focus.columns.length <= FEW ? [focus] : []);
    let shown = new Set(), chosen = null, kin = new Set(), cards = new Map(), places = null;

    const center = (element, side) => {
      const box = element.getBoundingClientRect(), from = map.getBoundingClientRect();
      return [side === "right" ? box.right - from.left : box.left - from.left, box.top - from.top + Math.min(box.height / 2, 24)];
    };
    // Through the gap between two columns of cards in a curve, and straight past the cards in between.
    const wire = (from, to, kind, [source, target]) => {
      const ends = [center(from, "right"), center(to, "left")], [[x], [toX]] = ends;
      const between = (places.edge(source.id, target.id)?.points ?? []).filter((point) => point.x > x + GAP_X && point.x < toX - GAP_X);
      const stops = between.flatMap((point) => [[point.x - WIDTH / 2, point.y], [point.x + WIDTH / 2, point.y]]);
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", [ends[0], ...stops, ends[1]].map(([toX, toY], place, all) => {
        if (place % 2 === 0) return place ? `H${toX}` : `M${toX} ${toY}`;
        const [x, y] = all[place - 1], bend = Math.max(28, Math.abs(toX - x) / 2);
        return `C${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`;
      }).join(""));
      path.setAttribute("class", kind);
      return path;
    };
    const end = (column) => cards.get(column.table)?.rows.get(column) ?? cards.get(column.table)?.head;

    const draw = () => {
      const wires = [];
      for (const table of shown) for (const source of table.sources) {
        if (shown.has(source)) wires.push(wire(cards.get(source).head, cards.get(table).head, "table", [source, table]));
      }
      for (const column of kin) for (const edge of column.from) {
        const isDrawn = edge.isValue || !ends(column.from, true).includes(edge.column); // one wire for each pair
        if (isDrawn && kin.has(edge.column) && end(edge.column) && end(column)) wires.push(wire(end(edge.column), end(column), edge.isValue ? "value" : "influence", [edge.column.table, column.table]));
      }
      for (const table of chosen ? chosen.decides : []) if (shown.has(table)) wires.push(wire(end(chosen), cards.get(table).head, "rows", [chosen.table, table]));
      const svg = map.querySelector("svg");
      svg.setAttribute("width", map.scrollWidth);
      svg.setAttribute("height", map.scrollHeight);
      svg.replaceChildren(...wires);
      map.classList.toggle("asked", Boolean(chosen));
    };

    const arrange = () => {
      places = laidOut(shown, cards);
      for (const [table, { card }] of cards) {
        const { x, y, width, height } = places.node(table.id);
        Object.assign(card.style, { left: `${x - width / 2}px`, top: `${y - height / 2}px` });
      }
      map.style.width = `${places.graph().width}px`;
      map.style.height = `${places.graph().height}px`;
      draw();
    };
    // Cards are read aloud from left to right, as they are seen.
    const inOrder = () => [...shown].sort((a, b) => {
      const one = places.node(a.id), other = places.node(b.id);
      return one.x - other.x || one.y - other.y;
    }).map((table) => cards.get(table).card);

    const cardOf = (table) => {
      const [layer, ...rest] = table.name.split("/");
      const name = make("bdi", { textContent: rest.join("/") });
      const head = make("div", { className: "head" }, make("span", { className: "layer", textContent: layer }),
        table.page ? make("a", { href: root + table.page }, name) : name);
      const rows = new Map(), isOpen = open.has(table);
      const told = isOpen ? table.columns : table.columns.filter((column) => kin.has(column));
      const list = make("ul");
      for (const column of told) {
        const button = make("button", { type: "button" }, make("bdi", { textContent: column.name }));
        button.setAttribute("aria-pressed", String(column === chosen));
        button.classList.toggle("kin", kin.has(column));
        button.onclick = () => choose(column === chosen ? null : column);
        rows.set(column, list.appendChild(make("li", {}, button)));
      }
      const more = make("button", { type: "button", className: "more" }, `${some(table.columns.length, "column")}`, make("span", { className: "unseen", textContent: ` of ${table.name}` }));
      more.setAttribute("aria-expanded", String(isOpen));
      more.onclick = () => { if (!open.delete(table)) open.add(table); show(); cards.get(table).more.focus(); };
      const card = make("li", { className: `card ${layer}` }, head, ...(table.columns.length ? [more] : []), ...(told.length ? [list] : []));
      card.classList.toggle("focus", table === focus);
      return { card, head, rows, more };
    };

    const show = () => {
      const list = map.querySelector("ul");
      cards = new Map([...shown].map((table) => [table, cardOf(table)]));
      list.replaceChildren(...[...cards.values()].map(({ card }) => card));
      arrange();
      list.append(...inOrder());
    };

    const columnList = (columns, told = () => "") => {
      const list = make("ul", { className: "chips" });
      for (const column of columns) {
        const button = make("button", { type: "button", onclick: () => choose(column) }, make("bdi", { textContent: column.full }));
        list.append(make("li", {}, button, told(column) ? make("span", { className: "soft", textContent: ` (${told(column)})` }) : ""));
      }
      return list;
    };
    const tableList = (tables) => make("ul", { className: "chips" }, ...[...tables].map((table) => {
      const name = make("bdi", { textContent: table.name });
      return make("li", {}, table.page ? make("a", { href: root + table.page }, name) : name);
    }));
    const ordered = (columns) => [...columns].sort((a, b) => a.full.localeCompare(b.full));
    const waysTo = (column) => (source) => [...new Set(column.from.filter((edge) => edge.column === source).map((edge) => edge.way.replace("_", " ")))].join(", ");

    const answered = (column) => {
      const down = dependents([column]);
      const values = reached([column], (one) => ends(one.from, true));
      const choosing = new Set(column.from.filter((edge) => !edge.isValue && !values.has(edge.column)).map((edge) => edge.column));
      const parts = [
        ["breaks", "Tables that break or change", down.tables.size && tableList([...down.tables].sort((a, b) => a.name.localeCompare(b.name)))],
        ["made", "Columns made of it", down.values.size && columnList(ordered(down.values))],
        ["chosen", "Columns whose values it helps to choose", down.influences.size && columnList(ordered(down.influences))],
        ["rows", "Tables in which it decides which rows there are", down.rows.size && tableList(down.rows)],
        ["sources", "It is made of", values.size && columnList(ordered(values), waysTo(column))],
        ["deciders", "It is chosen by", choosing.size && columnList(ordered(choosing), waysTo(column))],
        ["unknown", "Could not be read", (column.unknown || down.unknown.length) && make("p", {}, [column.unknown, ...down.unknown.map((one) => `${one.full}: ${one.unknown}`)].filter(Boolean).join("; "))],
      ];
      const told = make("dl");
      for (const [kind, title, content] of parts) {
        if (!content) continue;
        const group = told.appendChild(make("div", {}, make("dt", { textContent: title }), make("dd", {}, content)));
        group.dataset.kind = kind;
      }
      const summary = down.tables.size ? `${some(down.tables.size, "table")} would break or change.` : "Nothing else is made of it.";
      return [[make("h3", {}, "If ", make("bdi", { textContent: column.full }), " changes"), make("p", { textContent: summary })], [told]];
    };

    const bringIntoView = () => {
      const seen = cards.get(chosen?.table) ?? cards.get(focus), frame = map.parentElement;
      if (seen) frame.scrollLeft = seen.card.offsetLeft - (frame.clientWidth - WIDTH) / 2;
    };
    const choose = (column) => {
      chosen = column;
      kin = new Set(column ? [column, ...reached([column], (one) => ends(one.from)), ...reached([column], (one) => ends(one.to))] : []);
      if (column && !shown.has(column.table)) shown = around(column.table);
      const [headline, detail] = column ? answered(column) : [[make("p", { className: "soft", textContent: ASK })], []];
      answer.querySelector(".headline").replaceChildren(...headline);
      answer.querySelector(".detail").replaceChildren(...detail);
      history.replaceState(null, "", column ? `#of:${encodeURIComponent(column.full)}` : "#lineage");
      const had = document.activeElement?.closest("#explorer");
      show();
      bringIntoView();
      if (had && column) cards.get(column.table)?.rows.get(column)?.firstChild.focus({ preventScroll: true });
    };

    const pick = () => {
      const table = byName.get(picker.value);
      shown = table ? around(table) : new Set(graph.tables);
      if (table && table.columns.length <= FEW) open.add(table);
      choose(chosen && shown.has(chosen.table) ? chosen : null);
    };
    const follow = () => {
      const column = columnNamed.get(location.hash.startsWith("#of:") ? decodeURIComponent(location.hash.slice(4)) : "");
      if (column) { choose(column); explorer.scrollIntoView({ block: "start" }); }
    };

    for (const button of document.querySelectorAll("[data-of]")) {
      button.onclick = () => { choose(columnNamed.get(button.dataset.of) ?? null); explorer.scrollIntoView({ block: "start" }); answer.focus({ preventScroll: true }); };
    }
    if (picker) {
      const names = graph.tables.map((table) => table.name).sort();
      const all = graph.tables.length <= MANY ? [make("option", { value: "", textContent: "all tables" })] : [];
      picker.replaceChildren(...all, ...names.map((name) => make("option", { value: name, textContent: name })));
      if (!all.length) picker.value = names.find((name) => name.startsWith("gold/")) ?? names[0];
      picker.onchange = pick;
    }
    shown = picker ? (picker.value ? around(byName.get(picker.value)) : new Set(graph.tables)) : focus ? around(focus) : new Set();
    explorer.querySelector(".live").hidden = !shown.size;
    if (!shown.size) return;
    const asked = location.hash;
    show();
    bringIntoView();
    if (asked.startsWith("#of:")) follow();
    addEventListener("hashchange", follow);
    addEventListener("resize", arrange);
    document.fonts?.ready.then(arrange);
  };

  // Only who comes near it waits for the files. Scripts, because a page in a folder may not fetch a file.
  const load = () => {
    if (document.getElementById("graph")) return;
    const [layout, file] = ["dagre.min.js", "lineage-graph.js"].map((name) =>
      Object.assign(document.createElement("script"), { src: root + name, async: false }));
    file.id = "graph";
    file.onload = () => start(read(window.lineageGraph));
    document.head.append(layout, file);
  };
  if (explorer) {
    for (const button of document.querySelectorAll("[data-of]")) {
      button.hidden = false;
      button.onclick = () => { history.replaceState(null, "", `#of:${encodeURIComponent(button.dataset.of)}`); load(); };
    }
    if (location.hash.startsWith("#of:")) load();
    else new IntersectionObserver(([entry], watch) => { if (entry.isIntersecting) { watch.disconnect(); load(); } }, { rootMargin: "800px" }).observe(explorer);
  }
}
