// What ci/page requires of an HTML report, which is in a frame of the given width. The steps are
// those of a reader: look, zoom, open a finding.
"use strict";

const wanted = (holds, what) => {
  if (!holds) throw new Error(what);
};

// Relative luminance and contrast as WCAG 2 defines them.
const luminance = (colour) => {
  const channels = colour.match(/[\d.]+/g).slice(0, 3).map((value) => {
    const part = Number(value) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2];
};
const contrast = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};

const everyPage = (frame, light) => {
  const [view, page] = [frame.contentWindow, frame.contentDocument];
  wanted(view.matchMedia("(prefers-color-scheme: dark)").matches === (light === "dark"), `it is not ${light} here`);
  const style = view.getComputedStyle(page.body);
  wanted(contrast(style.color, style.backgroundColor) >= 7, "text has too little contrast");
  wanted(luminance(style.backgroundColor) < 0.5 === (light === "dark"), `the page is not ${light}`);
  wanted(view.performance.getEntriesByType("resource").length === 0, "something was loaded");
  const root = page.documentElement;
  wanted(root.scrollWidth <= root.clientWidth, `${root.scrollWidth} px wide on ${root.clientWidth}`);
  wanted(page.querySelectorAll("h1").length === 1, "there is not one heading");
};

const cells = (page) => [...page.querySelectorAll("#map-drawing .cell")];
const counted = (page, state) => cells(page)
  .filter((cell) => cell.dataset.state === state)
  .reduce((sum, cell) => sum + Number(cell.dataset.cells), 0);
const columns = (page) => new Set(cells(page).map((cell) => Number(cell.dataset.from)));
const choose = (page, id, value) => {
  const select = page.getElementById(id);
  select.value = value;
  wanted(select.value === value, `${id} has no ${value}`);
  select.dispatchEvent(new Event("change"));
};
const press = (page, name) => page.getElementById("map-" + name).click();

// Every alignment of every column is there, and no cell is without a picture.
const wholeMap = (page) => {
  const count = columns(page).size;
  wanted(count > 1, "the map has no columns");
  const sum = cells(page).reduce((sum, cell) => sum + Number(cell.dataset.cells), 0);
  wanted(sum === 64 * count, `${sum} cells in ${count} columns`);
  for (const cell of cells(page)) {
    const box = cell.getBoundingClientRect();
    wanted(box.width >= 1 && box.height >= 1, "a cell is too small to be seen");
    wanted(cell.querySelector("title").textContent.includes("length"), "a cell says nothing");
  }
};

const map = (page) => {
  wanted(!page.getElementById("heatmap").hidden, "the map is hidden");
  wholeMap(page);
  for (const control of page.querySelectorAll("#heatmap select, #heatmap button")) {
    const name = control.closest("label") || control;
    wanted(name.textContent.trim() !== "", "a control has no name");
    wanted(control.getBoundingClientRect().height >= 24, "a control is too small for a finger");
  }
  wanted(page.querySelector("#map-drawing svg").getAttribute("aria-label").startsWith("Lengths 0 to"), "no label");
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

// This kernel is wrong at alignment 37 and nowhere else.
const oneAlignment = (page) => {
  choose(page, "map-subject", "fault:one-alignment");
  choose(page, "map-check", "agree");
  const wrong = cells(page).filter((cell) => cell.dataset.state === "wrong");
  wanted(wrong.length > 0, "nothing is wrong on the map");
  for (const cell of wrong) {
    wanted(cell.querySelector("title").textContent.includes(", alignment 37: wrong"), cell.textContent);
  }
  wanted(counted(page, "right") > 0 && counted(page, "none") > 0, "only findings are on the map");
};

const findings = (page) => {
  const all = [...page.querySelectorAll("details.finding")];
  wanted(all.length >= 2, "there are no findings");
  for (const finding of all) {
    const hex = finding.querySelector(".hex");
    wanted(!finding.open && !hex.checkVisibility(), "a finding is open already");
    finding.querySelector("summary").click();
    wanted(finding.open && hex.checkVisibility(), "a finding does not open");
    wanted(finding.textContent.includes("crcheck replay"), "no command to reproduce");
  }
};

const probes = {
  plain: () => {},
  pass: (page) => {
    map(page);
    wanted(counted(page, "wrong") + counted(page, "stopped") === 0, "a right kernel is wrong on the map");
    wanted(page.querySelector("header").textContent.includes("pass"), "the verdict is not first");
  },
  fail: (page) => {
    map(page);
    oneAlignment(page);
    choose(page, "map-subject", "fault:one-more-at-seven");
    choose(page, "map-check", "guard");
    wanted(counted(page, "stopped") > 0, "no stop is on the map");
    choose(page, "map-subject", "tier:portable");
    choose(page, "map-check", "all");
    wanted(counted(page, "wrong") + counted(page, "stopped") === 0, "a right kernel is wrong on the map");
    findings(page);
    wanted(page.querySelector("header").textContent.includes("fail"), "the verdict is not first");
  },
};

const judge = (encoded, width, probe) => {
  const text = new TextDecoder().decode(Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0)));
  const [name, light] = probe.split("-");
  const frame = document.createElement("iframe");
  frame.style.cssText = `width: ${width}px; height: 800px; border: 0`;
  frame.srcdoc = text;
  frame.addEventListener("load", () => {
    let verdict = "as it should be";
    try {
      everyPage(frame, light);
      probes[name](frame.contentDocument);
      // With all open it is no wider.
      everyPage(frame, light);
    } catch (error) {
      verdict = String(error);
    }
    document.getElementById("verdict").textContent = verdict;
  });
  document.body.append(frame);
};
