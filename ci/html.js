// What ci/html requires of an HTML report, which is in a frame of the given width. The steps are
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
  const [view, report] = [frame.contentWindow, frame.contentDocument];
  wanted(view.matchMedia("(prefers-color-scheme: dark)").matches === (light === "dark"), `it is not ${light} here`);
  const style = view.getComputedStyle(report.body);
  wanted(contrast(style.color, style.backgroundColor) >= 7, "text has too little contrast");
  wanted(luminance(style.backgroundColor) < 0.5 === (light === "dark"), `the report is not ${light}`);
  wanted(view.performance.getEntriesByType("resource").length === 0, "something was loaded");
  const root = report.documentElement;
  wanted(root.scrollWidth <= root.clientWidth, `${root.scrollWidth} px wide on ${root.clientWidth}`);
  wanted(report.querySelectorAll("h1").length === 1, "there is not one heading");
};

const cells = (report) => [...report.querySelectorAll("#map-drawing .cell")];
const counted = (report, state) => cells(report)
  .filter((cell) => cell.dataset.state === state)
  .reduce((sum, cell) => sum + Number(cell.dataset.cells), 0);
const columns = (report) => new Set(cells(report).map((cell) => Number(cell.dataset.from)));
const choose = (report, id, value) => {
  const select = report.getElementById(id);
  select.value = value;
  wanted(select.value === value, `${id} has no ${value}`);
  select.dispatchEvent(new Event("change"));
};
const press = (report, name) => report.getElementById("map-" + name).click();

// Every alignment of every column is there, and no cell is without a picture.
const wholeMap = (report) => {
  const count = columns(report).size;
  wanted(count > 1, "the map has no columns");
  const sum = cells(report).reduce((sum, cell) => sum + Number(cell.dataset.cells), 0);
  wanted(sum === 64 * count, `${sum} cells in ${count} columns`);
  for (const cell of cells(report)) {
    const box = cell.getBoundingClientRect();
    wanted(box.width >= 1 && box.height >= 1, "a cell is too small to be seen");
    wanted(cell.querySelector("title").textContent.includes("length"), "a cell says nothing");
  }
};

const map = (report) => {
  wanted(!report.getElementById("heatmap").hidden, "the map is hidden");
  wholeMap(report);
  for (const control of report.querySelectorAll("#heatmap select, #heatmap button")) {
    const name = control.closest("label") || control;
    wanted(name.textContent.trim() !== "", "a control has no name");
    wanted(control.getBoundingClientRect().height >= 24, "a control is too small for a finger");
  }
  wanted(report.querySelector("#map-drawing svg").getAttribute("aria-label").startsWith("Lengths 0 to"), "no label");
  const before = [...columns(report)].join();
  press(report, "in");
  wanted([...columns(report)].join() !== before, "zooming in changes nothing");
  wholeMap(report);
  press(report, "right");
  press(report, "left");
  press(report, "out");
  wholeMap(report);
  press(report, "all");
  wanted([...columns(report)].join() === before, "All does not show all");
};

// This kernel is wrong at alignment 37 and nowhere else.
const oneAlignment = (report) => {
  choose(report, "map-subject", "fault:one-alignment");
  choose(report, "map-check", "agree");
  const wrong = cells(report).filter((cell) => cell.dataset.state === "wrong");
  wanted(wrong.length > 0, "nothing is wrong on the map");
  for (const cell of wrong) {
    wanted(cell.querySelector("title").textContent.includes(", alignment 37: wrong"), cell.textContent);
  }
  wanted(counted(report, "right") > 0 && counted(report, "none") > 0, "only findings are on the map");
};

const findings = (report) => {
  const all = [...report.querySelectorAll("details.finding")];
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
  pass: (report) => {
    map(report);
    wanted(counted(report, "wrong") + counted(report, "stopped") === 0, "a right kernel is wrong on the map");
    wanted(report.querySelector("header").textContent.includes("pass"), "the verdict is not first");
  },
  fail: (report) => {
    map(report);
    oneAlignment(report);
    choose(report, "map-subject", "fault:one-more-at-seven");
    choose(report, "map-check", "guard");
    wanted(counted(report, "stopped") > 0, "no stop is on the map");
    choose(report, "map-subject", "tier:portable");
    choose(report, "map-check", "all");
    wanted(counted(report, "wrong") + counted(report, "stopped") === 0, "a right kernel is wrong on the map");
    findings(report);
    wanted(report.querySelector("header").textContent.includes("fail"), "the verdict is not first");
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
