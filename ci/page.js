// What ci/page requires of a page, which is in a frame of the given width. The steps are those of a
// reader: look, follow a link, zoom, point, copy.
"use strict";

const pages = {};
const facts = {};
const WIDTHS = [390, 1100];

const decode = (encoded) =>
  new TextDecoder().decode(Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0)));
const wanted = (holds, what) => {
  if (!holds) throw new Error(what);
};

// Relative luminance and contrast as WCAG 2 defines them.
const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = (colour) => {
  const channels = parts(colour).slice(0, 3).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2];
};
const contrast = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
// The colour behind an element: the first one that is not transparent.
const behind = (view, element) => {
  for (let at = element; at; at = at.parentElement) {
    const { backgroundColor } = view.getComputedStyle(at);
    const opacity = parts(backgroundColor)[3];
    if (opacity === undefined || opacity === 1) return backgroundColor;
  }
  return "rgb(255, 255, 255)";
};
const pixels = (view, text) => {
  const size = parseFloat(view.getComputedStyle(text).fontSize);
  return text.ownerSVGElement ? size * Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b) : size;
};

const everyText = (view, page) => {
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (seen.has(element) || node.textContent.trim() === "") continue;
    seen.add(element);
    if (["SCRIPT", "STYLE", "title"].includes(element.tagName) || !element.checkVisibility()) continue;
    const style = view.getComputedStyle(element);
    const colour = element.ownerSVGElement ? style.fill : style.color;
    // Some letters on the map have an edge of paper, others a ground of their own.
    const pattern = page.querySelector(`#cell-${element.dataset.on} rect`);
    const ground = style.paintOrder === "stroke" ? style.stroke
      : pattern ? view.getComputedStyle(pattern).fill : behind(view, element);
    const words = node.textContent.trim().slice(0, 30);
    wanted(contrast(colour, ground) >= 4.5, `text has too little contrast: ${words}`);
    wanted(pixels(view, element) >= 9, `text is too small, ${pixels(view, element)} px: ${words}`);
  }
  wanted(seen.size > 10, "there is no text");
};

const everyPage = (view, page, light) => {
  wanted(view.matchMedia("(prefers-color-scheme: dark)").matches === (light === "dark"), `it is not ${light} here`);
  const style = view.getComputedStyle(page.body);
  wanted(contrast(style.color, style.backgroundColor) >= 7, "the body has too little contrast");
  wanted(luminance(style.backgroundColor) < 0.5 === (light === "dark"), `the page is not ${light}`);
  everyText(view, page);
  wanted(view.performance.getEntriesByType("resource").length === 0, "something was loaded");
  const root = page.documentElement;
  wanted(root.scrollWidth <= root.clientWidth, `${root.scrollWidth} px wide on ${root.clientWidth}`);
  wanted(page.querySelectorAll("h1").length === 1, "there is not one heading");
  wanted(view.faults.length === 0, view.faults[0]);
};

const heading = (page, expected) => {
  wanted(page.title === expected, `the title is ${page.title}`);
  wanted(page.querySelector("h1").textContent.includes(expected), "the heading is not the title");
};

// The list of definitions of this class as a map.
const definitions = (page, name) => {
  const lists = [...page.querySelectorAll(`dl.${name} > div`)];
  return new Map(lists.map((one) => [one.querySelector("dt").textContent, one.querySelector("dd").textContent]));
};

const head = (page) => {
  const run = definitions(page, "facts");
  wanted(/^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC$/.test(run.get("started")), "no date");
  wanted((run.get("command") || "").startsWith("crcheck verify --depth quick"), "no command");
  const tiles = definitions(page, "tiles");
  for (const name of ["verdict", "findings", "checks run", "checks failed", "checks skipped", "cells", "calls", "duration"]) {
    wanted(tiles.has(name), `no tile for ${name}`);
  }
  for (const value of page.querySelectorAll(".tile dd")) {
    wanted(value.scrollWidth <= value.clientWidth, `${value.textContent} does not fit its tile`);
    wanted(value.getClientRects()[0].height < 45, `${value.textContent} is broken`);
  }
  wanted(/^[\d.]+ (ms|s|minutes?)$/.test(tiles.get("duration")), "no duration");
  const number = (name) => Number(tiles.get(name).replaceAll(",", ""));
  wanted(number("findings") === page.querySelectorAll("details.finding").length, "the tile counts other findings");
  wanted(number("checks failed") === page.querySelectorAll(".grid td.fail").length, "the tile counts other checks");
  wanted(number("calls") >= number("cells") && number("cells") > 1000, "the counts are wrong");
};

const SIGNS = { pass: "\u2713", fail: "\u2717", incomplete: "\u2026", void: "?" };
const grid = (page) => {
  const cells = [...page.querySelectorAll(".grid tbody td")];
  const [rows, columns] = [page.querySelectorAll(".grid tbody tr").length, page.querySelectorAll(".grid thead th").length - 1];
  wanted(cells.length === rows * columns && rows > 1, "the grid has holes");
  for (const cell of cells) {
    const sign = cell.querySelector(".sign");
    wanted(sign && sign.checkVisibility() && cell.textContent.length > 3, "a cell has no sign");
    const expected = SIGNS[cell.className];
    wanted(expected ? sign.textContent === expected : cell.title !== "", "a sign says something else");
  }
  for (const row of page.querySelectorAll(".grid tbody th")) {
    wanted(row.querySelector(".law").textContent.trim().split(" ").length > 2, "a check is not said in words");
  }
  for (const cell of page.querySelectorAll(".grid td.fail")) {
    const link = cell.querySelector("a");
    const target = link && page.getElementById(decodeURIComponent(link.hash.slice(1)));
    wanted(target && target.matches("details.finding"), "a failure does not lead to a finding");
    target.open = false;
    link.click();
    wanted(target.open, "a link does not open its finding");
  }
};

const cells = (page) => [...page.querySelectorAll("#map-drawing .cell")];
const wrong = (page) => cells(page).filter((cell) => cell.dataset.state.startsWith("wrong"));
const counted = (page, state) => cells(page)
  .filter((cell) => cell.dataset.state.startsWith(state))
  .reduce((sum, cell) => sum + Number(cell.dataset.cells), 0);
const columns = (page) => new Set(cells(page).map((cell) => Number(cell.dataset.from)));
const choose = (page, id, value) => {
  const select = page.getElementById(id);
  select.value = value;
  wanted(select.value === value, `${id} has no ${value}`);
  select.dispatchEvent(new Event("change"));
};
const press = (page, name) => page.getElementById("map-" + name).click();
const readout = (page) => page.getElementById("map-readout").textContent;

// Every alignment of every column is there, and no cell is without a picture.
const wholeMap = (page) => {
  const count = columns(page).size;
  wanted(count > 1, "the map has no columns");
  const sum = cells(page).reduce((sum, cell) => sum + Number(cell.dataset.cells), 0);
  wanted(sum === 64 * count, `${sum} cells in ${count} columns`);
  for (const cell of cells(page)) {
    const box = cell.getBoundingClientRect();
    wanted(box.width >= 1 && box.height >= 1, "a cell is too small to be seen");
    wanted(cell.getAttribute("aria-label").includes("length"), "a cell says nothing");
  }
};

const ticks = (page) => {
  const lengths = [...page.querySelectorAll("#map-drawing .tick")].map((tick) => Number(tick.dataset.length));
  const powers = lengths.filter((length) => length > 0 && Number.isInteger(Math.log2(length)));
  wanted(lengths.length > 5 && powers.length >= lengths.length - 1, "the ticks are not at powers of two");
  const boxes = [...page.querySelectorAll("#map-drawing .tick-label")].map((label) => label.getBoundingClientRect());
  wanted(boxes.length > 3, "the ticks have no labels");
  wanted(boxes.every((box, index) => index === 0 || box.left > boxes[index - 1].right), "two labels overlap");
};

const map = (page) => {
  wanted(!page.getElementById("heatmap").hidden, "the map is hidden");
  wholeMap(page);
  for (const control of page.querySelectorAll("#heatmap select, #heatmap button")) {
    if (control.hidden) continue;
    const name = control.closest("label") || control;
    wanted(name.textContent.trim() !== "", "a control has no name");
    wanted(control.getBoundingClientRect().height >= 24, "a control is too small for a finger");
  }
  press(page, "all");
  const svg = () => page.querySelector("#map-drawing svg");
  wanted(svg().getAttribute("aria-label").startsWith("Lengths 0 to"), "no label");
  ticks(page);
  const before = [...columns(page)].join();
  press(page, "in");
  wanted([...columns(page)].join() !== before, "zooming in changes nothing");
  wholeMap(page);
  press(page, "right");
  press(page, "left");
  press(page, "out");
  wholeMap(page);
  press(page, "all");
  wanted([...columns(page)].join() === before, "All does not show all");
};

const keyboard = (view, page) => {
  const svg = () => page.querySelector("#map-drawing svg");
  const key = (name) => svg().dispatchEvent(new view.KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
  wanted(svg().tabIndex === 0, "the keyboard does not reach the map");
  svg().focus();
  key("ArrowDown");
  const first = readout(page);
  key("ArrowDown");
  key("ArrowRight");
  wanted(readout(page) !== first && /alignment \d+: /.test(readout(page)), "the arrow keys say nothing");
  const before = columns(page).size + [...columns(page)].join();
  key("Enter");
  wanted(columns(page).size + [...columns(page)].join() !== before, "Enter does not zoom");
  key("Escape");
  wanted(columns(page).has(0), "Escape does not show all");
};

// This kernel is wrong at alignment 37 and nowhere else, in all messages.
const oneAlignment = (view, page) => {
  choose(page, "map-subject", "fault:one-alignment");
  choose(page, "map-check", "agree");
  wanted(wrong(page).length > 0, "nothing is wrong on the map");
  for (const cell of wrong(page)) {
    wanted(cell.getAttribute("aria-label").includes(", alignment 37: wrong"), "wrong elsewhere");
  }
  wanted(counted(page, "right") > 0 && counted(page, "none") > 0, "only findings are on the map");
  wanted(counted(page, "wrong-4") > 0, "all messages are wrong, and the shade does not say so");
  const box = wrong(page).find((cell) => cell.dataset.state === "wrong-4").getBoundingClientRect();
  const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, bubbles: true };
  page.querySelector("#map-drawing svg").dispatchEvent(new view.PointerEvent("pointermove", at));
  wanted(/^Lengths? \d.*, alignment 37: wrong.* 100 % of the messages\. .*: [\d,]+ messages, [\d,]+ wrong answers/.test(readout(page)), `a pointer reads: ${readout(page)}`);
};

// One entry of a table is wrong: the longer a message, the likelier.
const shades = (page) => {
  choose(page, "map-subject", "fault:one-table-entry");
  choose(page, "map-check", "agree");
  const shadeOf = (cell) => Number(cell.dataset.state.slice(-1));
  const all = new Set(wrong(page).map(shadeOf));
  wanted(all.size >= 3, `there are ${all.size} shades of wrong`);
  const mean = (holds) => {
    const some = wrong(page).filter((cell) => holds(Number(cell.dataset.to)));
    return some.reduce((sum, cell) => sum + shadeOf(cell), 0) / some.length;
  };
  wanted(mean((to) => to < 32) < mean((to) => to > 128 && to < 640), "longer messages have no darker shade");
};

// The map begins where the first finding is.
const opensAtFirst = (page) => {
  const fact = page.querySelector("details.finding").textContent;
  const [, length, alignment] = /smallest case: (\d+) bytes? at alignment (\d+)/.exec(fact);
  wanted(Math.max(...columns(page)) < Number(length) + 200, "the map does not open at the first finding");
  const where = `Length ${length}, alignment ${alignment}: `;
  wanted(readout(page).startsWith(where), `the map opens at another cell: ${readout(page)}`);
  wanted(page.querySelector("#map-drawing .cursor").getAttribute("visibility") === "visible", "the cell is not marked");
};

const findings = (page) => {
  const all = [...page.querySelectorAll("details.finding")];
  wanted(all.length >= 3, "there are no findings");
  wanted(all[0].textContent.includes("also seen by"), "nobody else has seen the first finding");
  all.forEach((finding, index) => {
    const hex = finding.querySelector(".hex");
    wanted(finding.open === (index === 0), index === 0 ? "the first finding is closed" : "another finding is open");
    wanted(hex.checkVisibility() === finding.open, "a finding is not as it says");
    if (!finding.open) finding.querySelector("summary").click();
    wanted(finding.open && hex.checkVisibility(), "a finding does not open");
    const summary = finding.querySelector("summary").textContent;
    const sentence = /^\S+ \S+: \S+ (.*)$/.exec(summary)[1];
    for (const item of finding.querySelectorAll("li")) {
      wanted(!item.textContent.includes(sentence), "a diagnosis is said twice");
    }
    const commands = [...finding.querySelectorAll(".commands code")].map((code) => code.textContent);
    wanted(commands.some((command) => command.startsWith("crcheck replay ")), "no command to reproduce");
    wanted(commands.every((command) => command.startsWith("crcheck ")), "a command has other words");
  });
};

// With a clipboard and without one.
const copying = async (view, page) => {
  const button = page.querySelector(".commands button.copy");
  const command = button.parentElement.querySelector("code").textContent;
  wanted(button.checkVisibility(), "a button is hidden");
  let copied = "";
  const use = (clipboard) =>
    Object.defineProperty(view.navigator, "clipboard", { value: clipboard, configurable: true });
  const click = async () => {
    button.click();
    for (let turn = 0; turn !== 20; turn += 1) await null;
  };
  use({ writeText: async (text) => { copied = text; } });
  await click();
  wanted(copied === command && button.textContent === "Copied", "the button copies nothing");
  button.textContent = "Copy";
  use(undefined);
  await click();
  wanted(view.getSelection().toString().trim() === command, "without a clipboard nothing is selected");
  wanted(button.textContent !== "Copy", "without a clipboard the button says nothing");
};

const probes = {
  bench: async (view, page) => {
    wanted(page.title.startsWith("crcheck bench: "), "no title");
    const paper = view.getComputedStyle(page.body).backgroundColor;
    const charts = [...page.querySelectorAll("figure.chart")];
    wanted(charts.length > 0, "there is no chart");
    for (const chart of charts) {
      const [keys, names] = [chart.querySelectorAll(".key").length, chart.querySelectorAll("li").length];
      wanted(keys === names && keys >= 3, `${keys} keys of ${names} names`);
      for (const line of chart.querySelectorAll("polyline, .sample path")) {
        wanted(contrast(view.getComputedStyle(line).stroke, paper) >= 3, "a line has too little contrast");
      }
      wanted(chart.querySelectorAll("svg > rect").length === 0, "the chart has its own paper");
      const labels = [...chart.querySelectorAll("text.across:not([transform])")].filter((label) => label.checkVisibility());
      const boxes = labels.map((label) => label.getBoundingClientRect());
      boxes.forEach((box, index) => {
        const before = boxes[index - 1];
        wanted(!before || box.top > before.bottom || box.left > before.right, "two labels of the axis overlap");
      });
    }
    for (const lines of page.querySelectorAll("pre")) {
      wanted(lines.scrollWidth <= lines.clientWidth, "lines of text do not fit");
    }
  },
  pass: async (view, page) => {
    heading(page, "crcheck: pass - tier:portable");
    head(page);
    grid(page);
    map(page);
    keyboard(view, page);
    wanted(counted(page, "wrong") + counted(page, "stopped") === 0, "a right kernel is wrong on the map");
    wanted(page.getElementById("map-first").hidden, "there is a first finding");
  },
  library: async (view, page) => {
    wanted(/^crcheck: pass - lib:.*crc\.so:crc$/.test(page.title), `the title is ${page.title}`);
    head(page);
    grid(page);
    const hashes = [...definitions(page, "facts")].filter(([name]) => /^sha256 of .*crc\.so$/.test(name));
    wanted(hashes.length === 1 && hashes[0][1].startsWith(facts.sha256), "the hash of the library is missing");
  },
  fail: async (view, page) => {
    heading(page, "crcheck: fail - fault:one-alignment and 2 more");
    head(page);
    findings(page);
    opensAtFirst(page);
    map(page);
    keyboard(view, page);
    oneAlignment(view, page);
    shades(page);
    choose(page, "map-subject", "fault:one-more-at-seven");
    choose(page, "map-check", "guard");
    wanted(counted(page, "stopped") > 0, "no stop is on the map");
    choose(page, "map-subject", "tier:portable");
    choose(page, "map-check", "all");
    wanted(counted(page, "wrong") + counted(page, "stopped") === 0, "a right kernel is wrong on the map");
    grid(page);
    await copying(view, page);
  },
};

// The page in a frame, judged by the probe of its name.
const judge = async (text, width, name, light) => {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width: ${width}px; height: 800px; border: 0`;
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  const watch = "<script>var faults = []; addEventListener('error', (event) => faults.push(event.message));<\/script>";
  frame.srcdoc = text.replace("<head>", "<head>" + watch);
  document.body.append(frame);
  await loaded;
  const [view, page] = [frame.contentWindow, frame.contentDocument];
  try {
    everyPage(view, page, light);
    await probes[name](view, page);
    // With all open it is no wider.
    everyPage(view, page, light);
    return "as it should be";
  } catch (error) {
    return String(error.message);
  } finally {
    frame.remove();
  }
};

const tell = (lines) => {
  document.getElementById("verdict").textContent = lines.join("\n") + "\n";
};

const judgeAll = async (light) => {
  const lines = [];
  for (const name of Object.keys(pages)) {
    for (const width of WIDTHS) {
      const said = await judge(pages[name], width, name, light);
      lines.push(`${said === "as it should be" ? "" : "WRONG "}${name}, ${light}, ${width} px: ${said}`);
    }
  }
  tell([...lines, `${lines.length} pages judged`]);
};

// A page, an edit that spoils it, and the words that the judgement must have then.
const SPOILT = [
  ["fail", 'class: "cell"', 'class: "sell"', "the map has no columns"],
  ["fail", "column.found[alignment] += rows;", "", "wrong"],
  ["fail", "<main>", '<main><p style="width:2000px">wide</p>', "px wide on"],
  ["fail", "<main>", "<main><script>nobody()<\/script>", "nobody is not defined"],
  ["fail", "<main>", '<main><img src="https://localhost/x" alt=""/>', "something was loaded"],
  ["fail", /<details class="finding"/g, '<div class="finding"', "the tile counts other findings"],
  ["fail", /<title>.*<\/title>/, "<title>crcheck: fail</title>", "the title is crcheck: fail"],
  ["fail", "<dt>started</dt>", "<dt>s</dt>", "no date"],
  ["fail", "<dt>command</dt>", "<dt>c</dt>", "no command"],
  ["fail", "<dt>calls</dt>", "<dt>c</dt>", "no tile for calls"],
  ["fail", /aria-hidden="true">\u2717<\/span> <span class="word"/g, 'aria-hidden="true">\u2713</span> <span class="word"', "a sign says something else"],
  ["fail", /<a href="#[^"]*"/, '<a href="#nowhere"', "a failure does not lead to a finding"],
  ["fail", "found.open = true", "found.open = false", "a link does not open its finding"],
  ["fail", / open="open"/, "", "the first finding is closed"],
  ["fail", /also seen by/g, "seen", "nobody else has seen the first finding"],
  ["fail", /<summary>(FINDING [^<]*)<\/summary>\s*<ul>/, "<summary>$1</summary><ul><li>diagnosis: $1</li>", "a diagnosis is said twice"],
  ["fail", "WRONG + SHARES", "WRONG + 0 * SHARES", "the shade does not say so"],
  ["fail", "power *= 2", "power *= 3", "the ticks are not at powers of two"],
  ["fail", "if (x - half < free) continue;", "", "two labels overlap"],
  ["fail", "if (map.first) moves.first();", "", "the map does not open at the first finding"],
  ["fail", 'addEventListener("pointermove"', 'addEventListener("nothing"', "a pointer reads"],
  ["fail", 'addEventListener("keydown"', 'addEventListener("nothing"', "the arrow keys say nothing"],
  ["fail", 'Enter: () =>', 'Entered: () =>', "Enter does not zoom"],
  ["fail", "await navigator.clipboard.writeText(text.textContent);", "", "the button copies nothing"],
  ["fail", "selection.addRange(range);", "", "without a clipboard nothing is selected"],
  ["fail", "</style>", ".tile { max-width: 4em; }</style>", "does not fit its tile"],
  ["fail", "</style>", ".law { color: #999; }</style>", "text has too little contrast"],
  ["fail", "</style>", ".law { font-size: 6px; }</style>", "text is too small"],
  ["pass", /<span class="law">[^<]*/, '<span class="law">', "a check is not said in words"],
  ["library", /<code>[0-9a-f]{64}/, "<code>0", "the hash of the library is missing"],
  ["bench", "--c0: #0072b2", "--c0: #f3f8ff", "a line has too little contrast"],
  ["bench", /\.chart text \{ font-size: [^}]*\}/, ".chart text { font-size: 8px; }", "text is too small"],
  ["bench", "white-space: pre-wrap;", "", "lines of text do not fit"],
  ["bench", '<text class="key"', '<text class="quay"', "keys of"],
];

const judgeSpoilt = async () => {
  const lines = [];
  for (const [name, from, to, reason] of SPOILT) {
    const text = pages[name].replace(from, to);
    const said = text === pages[name] ? "the edit changes nothing" : await judge(text, WIDTHS[0], name, "light");
    lines.push(said.includes(reason) ? `noticed: ${said}` : `WRONG ${name} ${from}: expected "${reason}", got "${said}"`);
  }
  tell([...lines, `${lines.length} spoilt pages judged`]);
};
