// Draws the map of lengths by alignments. A column is one length or a range of them; a cell is a
// column at one alignment. Patterns and letters show the same as colours.
"use strict";
(() => {
  const source = document.getElementById("map-data");
  if (!source) return;
  const map = JSON.parse(source.textContent);
  const byId = (id) => document.getElementById("map-" + id);
  const [drawing, status, readout, subjects, checks] = ["drawing", "status", "readout", "subject", "check"].map(byId);
  const SVG = "http://www.w3.org/2000/svg";
  // Name, label, letter.
  const STATES = [
    ["none", "not visited", ""],
    ["partly", "right where visited, some lengths not visited", ""],
    ["right", "right", ""],
    ["stopped", "stopped: the call did not return", "S"],
    ["wrong-1", "wrong: up to 1 % of the messages", "W"],
    ["wrong-2", "wrong: up to 10 %", "W"],
    ["wrong-3", "wrong: up to half", "W"],
    ["wrong-4", "wrong: more than half", "W"],
  ];
  const [NONE, PARTLY, RIGHT, STOPPED, WRONG] = [0, 1, 2, 3, 4];
  const SHARES = [0.01, 0.1, 0.5];

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
    const line = (d, ink) => element("path", { d, class: ink });
    return element("defs", {},
      tile("none", 4, ground(4, "paper")),
      tile("partly", 4, ground(4, "paper"), element("rect", { width: 2, height: 2, class: "dot" })),
      tile("right", 4, ground(4, "on-right")),
      tile("stopped", 6, ground(6, "on-stopped"), element("path", { d: "M0 3H6", class: "paper-line", "stroke-width": 2 })),
      // The more messages are wrong, the less paper is left.
      tile("wrong-1", 6, ground(6, "paper"), line("M0 6L6 0", "wrong-line")),
      tile("wrong-2", 6, ground(6, "paper"), line("M0 6L6 0M0 0L6 6", "wrong-line")),
      tile("wrong-3", 6, ground(6, "on-wrong"), line("M0 6L6 0", "paper-line")),
      tile("wrong-4", 6, ground(6, "on-wrong")));
  };

  // A word of one bit for each alignment, as two halves; "*" has every bit.
  const parse = (word) => {
    if (word === "*") return [0xffffffff, 0xffffffff];
    const padded = (word || "0").padStart(16, "0");
    return [Number("0x" + padded.slice(8)), Number("0x" + padded.slice(0, 8))];
  };
  const has = (word, alignment) => (word[alignment >> 5] >>> (alignment & 31) & 1) === 1;
  // The runs chosen, ascending.
  let runs = [];
  const choose = () => {
    runs = [];
    let next = 0;
    // first-last:visited:wrong:stopped:messages:findings:share; heatmap.rs says what is left out.
    for (const text of map.subjects[subjects.selectedIndex].checks[checks.selectedIndex].runs.split(";")) {
      if (text === "") continue;
      const [lengths, visited, wrong, stopped, messages, findings, share] = text.split(":");
      const [start, end] = lengths.split("-");
      const first = start === "" ? next : Number(start);
      const last = end === undefined ? first : Number(end);
      const run = {
        first, last, visited: parse(visited), wrong: parse(wrong), stopped: parse(stopped),
        messages: Number(messages || 0), findings: Number(findings || 0), share: Number(share || 0) / 1000,
      };
      runs.push(run);
      next = last + 1;
    }
  };
  const listChecks = () => {
    const kept = checks.value;
    const ids = map.subjects[subjects.selectedIndex].checks.map((check) => check.id);
    checks.replaceChildren(...ids.map((id) => new Option(id, id)));
    checks.value = ids.includes(kept) ? kept : "all";
  };
  const longest = () => runs.reduce((longest, run) => Math.max(longest, run.last), 0);

  // Lengths beyond single_to share a range, which stands for them.
  const grainOf = (length) =>
    length <= map.single_to ? 1 : 2 ** Math.floor(Math.log2(length)) / map.rows_per_doubling;
  const snapped = (length) => {
    if (length <= map.single_to) return length;
    const grain = grainOf(length);
    return Math.max(map.single_to + 1, Math.floor(length / grain) * grain);
  };
  const grainEnd = (length) => {
    const grain = grainOf(length);
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

  // What is known of a column: at each alignment, how many rows were visited, how many have a
  // finding, and the sum of the shares of wrong messages in them.
  const known = ([from, to]) => {
    const zeros = () => new Array(map.alignments).fill(0);
    const column = {
      from, to, rows: 0, messages: 0, findings: 0,
      visited: zeros(), found: zeros(), shares: zeros(), stopped: zeros(), states: [],
    };
    for (const run of runs) {
      if (run.first > to || from > run.last) continue;
      const span = Math.min(to, run.last) - Math.max(from, run.first) + 1;
      const rows = Math.max(1, Math.round(span / grainOf(run.first)));
      // If lengths share a row, it is not known whether every length was visited.
      if (map.single_to >= run.last) column.rows += rows;
      column.messages += run.messages * rows;
      column.findings += run.findings * rows;
      for (let alignment = 0; alignment !== map.alignments; alignment += 1) {
        if (!has(run.visited, alignment)) continue;
        column.visited[alignment] += rows;
        if (has(run.stopped, alignment)) column.stopped[alignment] += rows;
        if (has(run.stopped, alignment) || has(run.wrong, alignment)) {
          column.found[alignment] += rows;
          column.shares[alignment] += run.share * rows;
        }
      }
    }
    for (let alignment = 0; alignment !== map.alignments; alignment += 1) {
      column.states.push(stateOf(column, alignment));
    }
    return column;
  };
  const shareOf = (column, alignment) => column.shares[alignment] / column.visited[alignment];
  const stateOf = (column, alignment) => {
    const visited = column.visited[alignment];
    if (visited === 0) return NONE;
    if (column.stopped[alignment] !== 0) return STOPPED;
    if (column.found[alignment] !== 0) {
      return WRONG + SHARES.filter((share) => shareOf(column, alignment) > share).length;
    }
    const length = column.to - column.from + 1;
    return column.rows === length && visited === length ? RIGHT : PARTLY;
  };

  const readable = (length) => {
    const units = [[2 ** 30, " Gi"], [2 ** 20, " Mi"], [2 ** 10, " Ki"]];
    const [unit, name] = units.find(([unit]) => length > 4096 && length % unit === 0) || [1, ""];
    return length / unit + name;
  };
  const grouped = (count) => count.toLocaleString("en-US");
  const counted = (count, what) => `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
  const lengthsOf = ({ from, to }) => from === to ? `length ${from}` : `lengths ${from} to ${to}`;

  // The ticks: powers of two, or multiples of one where fewer than three powers are in sight.
  const ticksOf = ([from, to]) => {
    const ticks = from === 0 ? [0] : [];
    for (let power = 1; to >= power; power *= 2) if (power >= from) ticks.push(power);
    if (ticks.length >= 3) return ticks;
    let step = 1;
    while ((to - from) / step > 8) step *= 2;
    const multiples = [];
    for (let tick = Math.ceil(from / step) * step; to >= tick; tick += step) multiples.push(tick);
    return multiples;
  };

  let view = [0, 0];
  let columns = [];
  // The cell under the pointer, or where the arrow keys have led: a column and an alignment.
  let cursor = null;
  let frame = null;
  const LEFT = 34, TOP = 6, BOTTOM = 30;

  const drawAxis = (svg, { width, across, height }) => {
    let free = 0;
    for (const tick of ticksOf(view)) {
      const index = columns.findIndex(({ from, to }) => tick >= from && to >= tick);
      if (index === -1) continue;
      const { from, to } = columns[index];
      const x = LEFT + (index + (from === to ? 0.5 : (tick - from) / (to - from + 1))) * across;
      const y = height - BOTTOM;
      svg.append(element("path", { d: `M${x} ${y}v5`, class: "tick", "data-length": tick }));
      const text = readable(tick);
      const half = text.length * 3.4;
      if (x - half < free) continue;
      free = x + half + 8;
      svg.append(element("text", { x: Math.min(x, width - half), y: y + 17, class: "tick-label" }, text));
    }
  };

  const widthNow = () => Math.max(260, Math.min(1060, drawing.clientWidth || 700));
  const columnsMax = () => widthNow() > 560 ? 64 : 32;
  const draw = () => {
    const width = widthNow();
    columns = columnsOf(view, columnsMax()).map(known);
    const across = (width - LEFT - 4) / columns.length;
    const down = Math.max(6, Math.min(10, across));
    const height = TOP + BOTTOM + down * map.alignments;
    const range = `Lengths ${view[0]} to ${view[1]}`;
    const svg = element("svg", {
      viewBox: `0 0 ${width} ${height}`, role: "application", tabindex: 0, "aria-describedby": "map-readout",
      "aria-label": `${range} by ${map.alignments} alignments. Arrow keys move, Enter zooms in, Escape shows all.`,
    }, patterns());
    const counts = STATES.map(() => 0);
    columns.forEach((column, index) => {
      const x = LEFT + index * across;
      for (let first = 0; first !== map.alignments;) {
        const state = column.states[first];
        let end = first + 1;
        while (end !== map.alignments && column.states[end] === state) end += 1;
        counts[state] += end - first;
        const [name, label, letter] = STATES[state];
        const alignments = end - first === 1 ? `alignment ${first}` : `alignments ${first} to ${end - 1}`;
        const [y, tall] = [TOP + first * down, (end - first) * down];
        svg.append(element("rect", {
          x, y, width: across, height: tall, fill: `url(#cell-${name})`, class: "cell",
          "data-state": name, "data-cells": end - first, "data-from": column.from, "data-to": column.to,
          "data-alignment": first, "aria-label": `${lengthsOf(column)}, ${alignments}: ${label}`,
        }));
        if (letter !== "" && across >= 11 && tall >= 9) {
          const ground = [WRONG, WRONG + 1].includes(state) ? " on-paper" : "";
          svg.append(element("text", { x: x + across / 2, y: y + tall / 2, class: "letter" + ground, "data-on": name }, letter));
        }
        first = end;
      }
    });
    for (let alignment = 0; alignment !== map.alignments; alignment += 8) {
      svg.append(element("text", { x: 2, y: TOP + alignment * down + 9 }, String(alignment)));
    }
    drawAxis(svg, { width, across, height });
    svg.append(element("rect", { x: LEFT, y: TOP, width: across * columns.length, height: down * map.alignments, class: "frame" }));
    frame = { svg, width, across, down, mark: element("rect", { class: "cursor", visibility: "hidden" }) };
    svg.append(frame.mark);
    listen(svg);
    const kept = document.activeElement && drawing.contains(document.activeElement);
    drawing.replaceChildren(svg);
    if (kept) svg.focus({ preventScroll: true });
    const parts = STATES.map(([, label], state) => `${grouped(counts[state])} ${label}`).filter((_, state) => counts[state] !== 0);
    status.textContent = `${range} across, start modulo 64 down. Cells: ${parts.join("; ")}.`;
    point(cursor && { ...cursor, column: Math.min(cursor.column, columns.length - 1) });
  };

  // Says what is known of a cell, and marks it.
  const point = (at) => {
    cursor = at;
    const { mark, across, down } = frame;
    mark.setAttribute("visibility", at ? "visible" : "hidden");
    if (!at) {
      readout.textContent = "Point at a cell, or reach the map with Tab and move with the arrow keys.";
      return;
    }
    const column = columns[at.column];
    for (const [key, value] of Object.entries({
      x: LEFT + at.column * across, y: TOP + at.alignment * down, width: across, height: down,
    })) mark.setAttribute(key, value);
    const state = column.states[at.alignment];
    const where = lengthsOf(column);
    let text = `${where[0].toUpperCase()}${where.slice(1)}, alignment ${at.alignment}: ${STATES[state][1].split(":")[0]}`;
    if (state >= STOPPED) {
      const [found, visited] = [column.found[at.alignment], column.visited[at.alignment]];
      const share = Math.round(shareOf(column, at.alignment) * 1000) / 10;
      text += column.from === column.to ? "" : ` at ${found} of ${counted(visited, "length")} visited here`;
      text += `, ${share} % of the messages. All wrong alignments of ${column.from === column.to ? "this length" : "these lengths"}: `;
      text += `${counted(column.messages, "message")}, ${counted(column.findings, "wrong answer")}`;
    } else if (state !== NONE && column.from !== column.to) {
      text += ` (${counted(column.visited[at.alignment], "length")} visited of ${grouped(column.to - column.from + 1)})`;
    }
    readout.textContent = text + ".";
  };

  const cellAt = (event) => {
    const { svg, width, across, down } = frame;
    const box = svg.getBoundingClientRect();
    const scale = width / box.width;
    const column = Math.floor(((event.clientX - box.left) * scale - LEFT) / across);
    const alignment = Math.floor(((event.clientY - box.top) * scale - TOP) / down);
    const isInside = column >= 0 && columns.length > column && alignment >= 0 && map.alignments > alignment;
    return isInside ? { column, alignment } : null;
  };
  const step = (columnsMoved, alignmentsMoved) => {
    const from = cursor || { column: 0, alignment: 0 };
    const within = (value, count) => Math.max(0, Math.min(count - 1, value));
    point({
      column: within(from.column + columnsMoved, columns.length),
      alignment: within(from.alignment + alignmentsMoved, map.alignments),
    });
  };
  const keys = {
    ArrowLeft: () => step(-1, 0),
    ArrowRight: () => step(1, 0),
    ArrowUp: () => step(0, -1),
    ArrowDown: () => step(0, 1),
    PageUp: () => step(0, -8),
    PageDown: () => step(0, 8),
    Home: () => step(-columns.length, 0),
    End: () => step(columns.length, 0),
    Enter: () => zoomAt(cursor ? cursor.column : Math.floor(columns.length / 2)),
    "+": () => moves.in(),
    "-": () => moves.out(),
    Escape: () => moves.all(),
  };
  const listen = (svg) => {
    svg.addEventListener("click", (event) => {
      const at = cellAt(event);
      if (at) zoomAt(at.column);
    });
    svg.addEventListener("pointermove", (event) => {
      const at = cellAt(event);
      if (at) point(at);
    });
    svg.addEventListener("focus", () => step(0, 0));
    svg.addEventListener("keydown", (event) => {
      const act = keys[event.key];
      if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      act();
    });
  };

  const show = (from, to) => {
    const last = grainEnd(longest());
    const low = snapped(Math.max(0, Math.min(from, last)));
    view = [low, grainEnd(Math.max(low, Math.min(to, last)))];
    draw();
  };
  const columnOf = (length) => Math.max(0, columns.findIndex(({ from, to }) => length >= from && to >= length));
  // An eighth of the columns on either side becomes all of them. The cursor stays at its length.
  const zoomAt = (index) => {
    const reach = Math.max(1, Math.floor(columns.length / 8));
    const at = Math.max(0, Math.min(columns.length - 1, index));
    const kept = cursor && columns[cursor.column].from;
    show(columns[Math.max(0, at - reach)].from, columns[Math.min(columns.length - 1, at + reach)].to);
    if (cursor) point({ ...cursor, column: columnOf(kept) });
  };
  // The first finding, with a length in each column.
  const showFirst = () => {
    const { length, alignment } = map.first;
    const before = length > map.single_to ? length / 4 : columnsMax() / 4;
    const low = Math.max(0, Math.floor(length - before));
    show(low, length > map.single_to ? length + before : low + columnsMax() - 1);
    point({ column: columnOf(length), alignment });
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
    first: () => {
      subjects.value = map.first.subject;
      listChecks();
      checks.value = "all";
      choose();
      showFirst();
    },
  };
  for (const [name, move] of Object.entries(moves)) byId(name).addEventListener("click", move);
  byId("first").hidden = !map.first;

  byId("legend").append(...STATES.map(([name, label, letter]) => {
    const item = document.createElement("li");
    item.append(element("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" },
      element("rect", { width: 16, height: 16, fill: `url(#cell-${name})` }),
      element("rect", { width: 16, height: 16, class: "frame" })), ` ${letter === "" ? "" : letter + ": "}${label}`);
    return item;
  }));
  subjects.append(...map.subjects.map((subject) => new Option(subject.name, subject.name)));
  const renew = () => { listChecks(); choose(); cursor = null; moves.all(); };
  subjects.addEventListener("change", renew);
  checks.addEventListener("change", () => { choose(); cursor = null; moves.all(); });
  window.addEventListener("resize", draw);
  document.getElementById("heatmap").hidden = false;
  renew();
  if (map.first) moves.first();
})();
