// Draws the map of lengths by alignments. A column is one length or a range of them; a cell is a
// column at one alignment. Patterns and letters show the same as colours.
"use strict";
(() => {
  const source = document.getElementById("map-data");
  if (!source) return;
  const map = JSON.parse(source.textContent);
  const byId = (id) => document.getElementById("map-" + id);
  const [drawing, status, subjects, checks] = ["drawing", "status", "subject", "check"].map(byId);
  const SVG = "http://www.w3.org/2000/svg";
  const STATES = [
    ["none", "not visited", ""],
    ["partly", "right where visited, some lengths not visited", ""],
    ["right", "right", ""],
    ["wrong", "wrong", "W"],
    ["stopped", "stopped: the call did not return", "S"],
  ];
  const FULL = (1n << BigInt(map.alignments)) - 1n;

  const element = (name, attributes, ...children) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  const patterns = () => {
    const tile = (id, size, ...shapes) =>
      element("pattern", { id: "cell-" + id, width: size, height: size, patternUnits: "userSpaceOnUse" }, ...shapes);
    const ground = (size, fill) => element("rect", { width: size, height: size, class: fill });
    return element("defs", {},
      tile("none", 4, ground(4, "paper")),
      tile("partly", 4, ground(4, "paper"), element("rect", { width: 2, height: 2, class: "dot" })),
      tile("right", 4, ground(4, "on-right")),
      tile("wrong", 6, ground(6, "on-wrong"), element("path", { d: "M0 0L6 6M0 6L6 0", class: "ink" })),
      tile("stopped", 6, ground(6, "on-stopped"), element("path", { d: "M0 3H6", class: "ink", "stroke-width": 2 })));
  };

  // The runs chosen, ascending: [first, last, visited, wrong, stopped].
  let runs = [];
  const choose = () => {
    runs = [];
    let next = 0;
    // first-last:visited:wrong:stopped; heatmap.rs says what is left out.
    for (const text of map.subjects[subjects.selectedIndex].checks[checks.selectedIndex].runs.split(";")) {
      if (text === "") continue;
      const [lengths, ...words] = text.split(":");
      const [first, last] = lengths.split("-");
      const from = first === "" ? next : Number(first);
      const to = last === undefined ? from : Number(last);
      runs.push([from, to, ...[0, 1, 2].map((index) => BigInt("0x" + (words[index] || "0")))]);
      next = to + 1;
    }
  };
  const listChecks = () => {
    const kept = checks.value;
    const ids = map.subjects[subjects.selectedIndex].checks.map((check) => check.id);
    checks.replaceChildren(...ids.map((id) => new Option(id, id)));
    checks.value = ids.includes(kept) ? kept : "all";
  };
  const longest = () => runs.reduce((longest, [, last]) => Math.max(longest, last), 0);

  // Lengths beyond single_to share a range, which stands for them.
  const snapped = (length) => {
    if (length <= map.single_to) return length;
    const grain = 2 ** Math.floor(Math.log2(length)) / map.rows_per_doubling;
    return Math.max(map.single_to + 1, Math.floor(length / grain) * grain);
  };
  const grainEnd = (length) => {
    if (length <= map.single_to) return length;
    const grain = 2 ** Math.floor(Math.log2(length)) / map.rows_per_doubling;
    return Math.floor(length / grain) * grain + grain - 1;
  };

  // Columns from one length to another: one per length if there is room, else ever wider ones.
  const columnsOf = ([from, to], count) => {
    const starts = new Set([from]);
    const ratio = (to + 17) / (from + 16);
    for (let index = 1; index !== count; index += 1) {
      const start = to - from >= count
        ? Math.round((from + 16) * ratio ** (index / count) - 16)
        : from + index;
      if (start > from && to >= start) starts.add(Math.max(from, snapped(start)));
    }
    const sorted = [...starts].sort((one, other) => one - other);
    return sorted.map((start, index) => [start, index + 1 === sorted.length ? to : sorted[index + 1] - 1]);
  };

  // The words of a column: visited at every length of it, at any, wrong, stopped.
  const known = ([from, to]) => {
    let [all, any, wrong, stopped] = [FULL, 0n, 0n, 0n];
    let covered = 0;
    for (const run of runs) {
      if (run[0] > to || from > run[1]) continue;
      all &= run[2];
      any |= run[2];
      wrong |= run[3];
      stopped |= run[4];
      // If lengths share a row, it is not known whether every length was visited.
      if (map.single_to >= run[1]) covered += Math.min(to, run[1]) - Math.max(from, run[0]) + 1;
    }
    if (covered !== to - from + 1) all = 0n;
    return { all, any, wrong, stopped };
  };
  const stateOf = (words, alignment) => {
    const has = (word) => (word >> BigInt(alignment) & 1n) === 1n;
    if (has(words.stopped)) return 4;
    if (has(words.wrong)) return 3;
    if (has(words.all)) return 2;
    return has(words.any) ? 1 : 0;
  };

  let view = [0, 0];
  let columns = [];
  const LEFT = 34, TOP = 6, BOTTOM = 26;

  const draw = () => {
    const width = Math.max(260, Math.min(1060, drawing.clientWidth || 700));
    columns = columnsOf(view, width > 560 ? 64 : 32);
    const across = (width - LEFT - 4) / columns.length;
    const down = Math.max(6, Math.min(10, across));
    const height = TOP + BOTTOM + down * map.alignments;
    const range = `Lengths ${view[0]} to ${view[1]}`;
    const svg = element("svg", {
      viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${range} by ${map.alignments} alignments`,
    }, patterns());
    const counts = STATES.map(() => 0);
    columns.forEach((column, index) => {
      const words = known(column);
      const x = LEFT + index * across;
      for (let first = 0; first !== map.alignments;) {
        const state = stateOf(words, first);
        let end = first + 1;
        while (end !== map.alignments && stateOf(words, end) === state) end += 1;
        counts[state] += end - first;
        const [name, label, letter] = STATES[state];
        const lengths = column[0] === column[1] ? `length ${column[0]}` : `lengths ${column[0]} to ${column[1]}`;
        const alignments = end - first === 1 ? `alignment ${first}` : `alignments ${first} to ${end - 1}`;
        const [y, tall] = [TOP + first * down, (end - first) * down];
        svg.append(element("rect", {
          x, y, width: across, height: tall, fill: `url(#cell-${name})`, class: "cell",
          "data-state": name, "data-cells": end - first, "data-from": column[0], "data-to": column[1],
        }, element("title", {}, `${lengths}, ${alignments}: ${label}`)));
        if (letter !== "" && across >= 9 && tall >= 9) {
          svg.append(element("text", { x: x + across / 2, y: y + tall / 2, class: "letter" }, letter));
        }
        first = end;
      }
      const every = Math.ceil(56 / across);
      if (index % every === 0) svg.append(element("text", { x, y: height - BOTTOM + 12 }, String(column[0])));
    });
    for (let alignment = 0; alignment !== map.alignments; alignment += 8) {
      svg.append(element("text", { x: 2, y: TOP + alignment * down + 9 }, String(alignment)));
    }
    svg.append(element("rect", { x: LEFT, y: TOP, width: across * columns.length, height: down * map.alignments, class: "frame" }));
    svg.addEventListener("click", (event) => {
      const box = svg.getBoundingClientRect();
      const x = (event.clientX - box.left) * width / box.width;
      zoomAt(Math.floor((x - LEFT) / across));
    });
    drawing.replaceChildren(svg);
    const parts = STATES.map(([, label], state) => `${counts[state]} ${label}`).filter((_, state) => counts[state] !== 0);
    status.textContent = `${range} across, start modulo 64 down. Cells: ${parts.join("; ")}.`;
  };

  const show = (from, to) => {
    const last = grainEnd(longest());
    const low = snapped(Math.max(0, Math.min(from, last)));
    view = [low, grainEnd(Math.max(low, Math.min(to, last)))];
    draw();
  };
  // An eighth of the columns on either side becomes all of them.
  const zoomAt = (index) => {
    const reach = Math.max(1, Math.floor(columns.length / 8));
    const at = Math.max(0, Math.min(columns.length - 1, index));
    show(columns[Math.max(0, at - reach)][0], columns[Math.min(columns.length - 1, at + reach)][1]);
  };
  const wide = () => view[1] - view[0] + 1;
  const moves = {
    in: () => zoomAt(Math.floor(columns.length / 2)),
    out: () => show(view[0] - Math.max(8, wide()), view[1] + Math.max(8, wide())),
    left: () => show(view[0] - Math.ceil(wide() / 2), view[1] - Math.ceil(wide() / 2)),
    right: () => {
      const step = Math.min(Math.ceil(wide() / 2), Math.max(0, grainEnd(longest()) - view[1]));
      show(view[0] + step, view[1] + step);
    },
    all: () => show(0, Infinity),
  };
  for (const [name, move] of Object.entries(moves)) byId(name).addEventListener("click", move);

  byId("legend").append(...STATES.map(([name, label, letter]) => {
    const item = document.createElement("li");
    item.append(element("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" },
      element("rect", { width: 16, height: 16, fill: `url(#cell-${name})` }),
      element("rect", { width: 16, height: 16, class: "frame" })), ` ${letter === "" ? "" : letter + ": "}${label}`);
    return item;
  }));
  subjects.append(...map.subjects.map((subject) => new Option(subject.name, subject.name)));
  const isBad = (subject) => subject.checks.some((check) => /:[^;]*:/.test(check.runs));
  subjects.selectedIndex = Math.max(0, map.subjects.findIndex(isBad));
  const renew = () => { listChecks(); choose(); moves.all(); };
  subjects.addEventListener("change", renew);
  checks.addEventListener("change", () => { choose(); moves.all(); });
  window.addEventListener("resize", draw);
  document.getElementById("heatmap").hidden = false;
  renew();
})();
