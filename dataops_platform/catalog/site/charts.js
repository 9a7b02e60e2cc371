"use strict";
// Charts of the numbers that the page holds as a table. Arrow keys move from date to date in all of them at once, and
// what a chart shows there is said in words; dragging looks closer, a double click looks at everything again.
{
  const root = document.currentScript.dataset.root;
  const places = document.querySelectorAll(".charts[data-of]");
  const DAY = 86_400, HEIGHT = 150;
  const LEAST = 0.03; // of the height: one row of thousands is seen too
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
  const dayOf = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);
  const numberIn = (cell) => {
    const value = parseFloat(cell.textContent.replaceAll(",", ""));
    return Number.isNaN(value) ? null : value;
  };

  // The table's columns from the oldest date to the newest.
  const numbersOf = (table) => {
    const rows = [...table.tBodies[0].rows].reverse();
    const column = (place) => rows.map((row) => row.cells[place]);
    const columns = [...table.tHead.rows[0].cells].map((head, place) => ({ title: head.textContent, isNumber: head.classList.contains("number"), cells: column(place) }));
    return { days: column(0).map((cell) => Date.parse(cell.textContent) / 1000), columns };
  };

  // A refused date is told from others without its colour too.
  const hatched = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 6, height: 6 }), context = canvas.getContext("2d");
    context.fillStyle = colour("refused");
    context.fillRect(0, 0, 6, 6);
    context.strokeStyle = colour("mark");
    context.lineWidth = 1.5;
    for (const x of [-3, 3, 9]) { context.moveTo(x - 4, 7); context.lineTo(x + 4, -1); }
    context.stroke();
    return context.createPattern(canvas, "repeat");
  };
  const bars = (values, fill) => ({ values, series: { width: 0, fill, paths: uPlot.paths.bars({ size: [0.75, 16] }), points: { show: false } } });

  // Rows judged: those published, those in quarantine on top of them, and refused dates.
  const stacked = ({ columns: [, status, judged, held] }) => {
    const rows = judged.cells.map(numberIn), kept = held.cells.map(numberIn), most = Math.max(...rows);
    const isRefused = status.cells.map((cell) => Boolean(cell.querySelector(".refused")));
    const sound = rows.map((count, place) => count - kept[place]);
    const where = (wanted, values) => values.map((value, place) => (isRefused[place] === wanted ? value : null));
    return {
      title: judged.title,
      drawn: [
        bars(where(false, rows.map((count, place) => (kept[place] ? Math.max(count, sound[place] + LEAST * most) : null))), () => colour("held")),
        bars(where(false, sound), () => colour("published")),
        bars(where(true, rows), hatched),
      ],
      said: (place) => `${judged.cells[place].textContent} rows, ${held.cells[place].textContent} in quarantine, ${status.cells[place].textContent.trim()}`,
    };
  };
  const single = ({ title, cells }) => ({
    title: title.replace(/, %$/, ""),
    drawn: [bars(cells.map(numberIn), () => colour("accent"))],
    said: (place) => `${cells[place].textContent}${title.endsWith("%") ? " %" : " rows"}`,
  });

  const axis = (told) => ({ stroke: () => colour("soft"), font: "12px system-ui, sans-serif", ticks: { show: false }, ...told });
  const options = (width, { drawn }, moved) => ({
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false }, sync: { key: "dates" } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: { x: { range: (_, from, to) => [from - DAY / 2, to + DAY / 2] }, y: { range: (_, least, most) => [0, most || 1] } },
    series: [{}, ...drawn.map((one) => one.series)],
    axes: [
      axis({ size: 26, space: 90, incrs: [1, 2, 7, 14, 28, 91, 364].map((days) => days * DAY), grid: { show: false }, values: (_, splits) => splits.map(dayOf) }),
      axis({ size: 46, space: 40, grid: { stroke: () => colour("line"), width: 1 }, values: (_, splits) => splits.map((value) => (value ? short.format(value) : "")) }),
    ],
    hooks: { setCursor: [moved] },
  });

  const draw = (place, days, told, all) => {
    const figure = place.appendChild(document.createElement("figure"));
    const caption = figure.appendChild(document.createElement("figcaption"));
    const host = figure.appendChild(document.createElement("div"));
    const words = figure.appendChild(document.createElement("p"));
    figure.className = "chart";
    caption.textContent = told.title;
    // A slider is what screen readers know that has one value at a time, and says it when it moves.
    for (const [name, value] of Object.entries({ role: "slider", tabindex: 0, "aria-label": `${told.title} by ingestion date`, "aria-valuemin": 0, "aria-valuemax": days.length - 1 })) host.setAttribute(name, value);
    const say = (at) => {
      words.textContent = `${dayOf(days[at])}: ${told.said(at)}`;
      host.setAttribute("aria-valuenow", at);
      host.setAttribute("aria-valuetext", words.textContent);
    };
    const moved = ({ cursor }) => { if (cursor.idx != null) say(cursor.idx); };
    const chart = new uPlot(options(host.clientWidth, told, moved), [days, ...told.drawn.map((one) => one.values)], host);
    all.push(chart);
    say(days.length - 1);
    host.addEventListener("mousedown", () => host.focus({ preventScroll: true }));
    host.addEventListener("keydown", (event) => {
      const now = Number(host.getAttribute("aria-valuenow")), last = days.length - 1;
      const next = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, Home: 0, End: last }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      const day = days[Math.min(Math.max(next, 0), last)];
      for (const one of all) one.setCursor({ left: one.valToPos(day, "x"), top: 1 });
    });
    new ResizeObserver(() => chart.setSize({ width: host.clientWidth, height: HEIGHT })).observe(host);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart.redraw(true, true));
  };

  const start = (place) => {
    const found = numbersOf(document.getElementById(place.dataset.of)), isJudged = !found.columns[1]?.isNumber;
    if (!found.days.length) return;
    const charts = isJudged ? [stacked(found), ...found.columns.slice(4).map(single)] : [single(found.columns[1])];
    const all = [];
    for (const told of charts) if (told.drawn.some(({ values }) => values.some(Boolean))) draw(place, found.days, told, all);
  };

  // Only who comes near a chart waits for the library.
  const load = (place) => {
    if (window.uPlot) return start(place);
    document.head.append(Object.assign(document.createElement("script"), { src: `${root}uplot.min.js`, onload: () => start(place) }));
  };
  for (const place of places) {
    new IntersectionObserver(([entry], watch) => { if (entry.isIntersecting) { watch.disconnect(); load(place); } }, { rootMargin: "800px" }).observe(place);
  }
}
