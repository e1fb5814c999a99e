// What a reader does beside looking: copies a command, and follows a link to a finding.
"use strict";
(() => {
  const say = (button, text) => {
    button.textContent = text;
    window.setTimeout(() => { button.textContent = "Copy"; }, 4000);
  };
  const select = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };
  // A page from a file, or in a frame, may have no clipboard: the text is selected then.
  const copy = async (button) => {
    const text = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(text.textContent);
      say(button, "Copied");
    } catch {
      select(text);
      let copied = false;
      try {
        copied = document.execCommand("copy");
      } catch { /* It is selected all the same. */ }
      say(button, copied ? "Copied" : "Selected: press Ctrl+C");
    }
  };
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }

  const open = (fragment) => {
    const found = document.getElementById(decodeURIComponent(fragment.slice(1)));
    if (found instanceof HTMLDetailsElement) found.open = true;
  };
  for (const link of document.querySelectorAll("table.grid a")) {
    link.addEventListener("click", () => open(link.hash));
  }
  if (location.hash !== "") open(location.hash);
})();
