// Returns what a page does against rules of WCAG 2.2 that a script can check, as texts.
const problems = [];
const report = (rule, element) => problems.push(`${rule}: ${element ? element.outerHTML.slice(0, 120) : "the page"}`);
const all = (selector) => [...document.querySelectorAll(selector)];
const isShown = (element) => element.getClientRects().length > 0;
const name = (element) =>
  element.getAttribute("aria-label") ||
  (element.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent || "").join(" ").trim() ||
  [...(element.labels || [])].map((label) => label.textContent).join(" ").trim() ||
  element.getAttribute("title") || element.textContent.trim();

if (!document.documentElement.lang) report("3.1.1 language", null);
if (!document.title) report("2.4.2 title", null);
if (!document.querySelector("meta[name=viewport]")) report("1.4.10 viewport", null);
for (const landmark of ["main", "header", "nav"]) {
  if (all(landmark).length !== 1) report(`1.3.1 one ${landmark}`, null);
}

let level = 0;
for (const heading of all("h1,h2,h3,h4,h5,h6").filter(isShown)) {
  const next = Number(heading.tagName[1]);
  if (next > level + 1) report(`1.3.1 heading of level ${next} after ${level}`, heading);
  if (!heading.textContent.trim()) report("2.4.6 empty heading", heading);
  level = next;
}
if (all("h1").length !== 1) report("2.4.6 one h1", null);

for (const control of all("input,select,textarea,button,a[href],[role=button]").filter(isShown)) {
  if (!name(control)) report("4.1.2 control without a name", control);
  if (control.tabIndex < 0) report("2.1.1 control out of reach of the keyboard", control);
}
for (const image of all("img,svg").filter(isShown)) {
  if (!image.getAttribute("alt") && !name(image) && image.getAttribute("aria-hidden") !== "true") report("1.1.1 image without a text", image);
}
for (const table of all("table")) {
  const heads = table.tHead ? [...table.tHead.rows[0].cells] : [];
  if (!heads.length || heads.some((head) => head.tagName !== "TH" || !head.textContent.trim())) report("1.3.1 table without heads", table);
  for (const row of table.tBodies[0]?.rows || []) {
    if (row.cells.length !== heads.length) report("1.3.1 row with other columns", row);
  }
}
for (const list of all("dl")) {
  if (![...list.children].every((child) => ["DT", "DD", "DIV"].includes(child.tagName))) report("1.3.1 children of dl", list);
}

const ids = all("[id]").map((element) => element.id);
for (const id of ids.filter((id, at) => ids.indexOf(id) !== at)) report(`4.1.1 id ${id} is there twice`, null);
for (const element of all("[aria-labelledby],[aria-controls],[aria-describedby]")) {
  for (const attribute of ["aria-labelledby", "aria-controls", "aria-describedby"]) {
    for (const id of (element.getAttribute(attribute) || "").split(" ").filter(Boolean)) {
      if (!document.getElementById(id)) report(`4.1.2 ${attribute} of nothing`, element);
    }
  }
}

// Contrast of text (1.4.3), with the colours that are shown.
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgba = (color) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
};
const over = (top, bottom, alpha) => [0, 1, 2].map((at) => top[at] * alpha + bottom[at] * (1 - alpha));
const background = (element) => {
  if (!element) return rgba(matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#fff");
  const color = rgba(getComputedStyle(element).backgroundColor);
  return color[3] === 1 ? color : over(color, background(element.parentElement), color[3]);
};
const opacity = (element) => (element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1);
const luminance = (color) => {
  const [r, g, b] = color.slice(0, 3).map((it) => (it /= 255) <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
for (const element of all("body *").filter(isShown)) {
  const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  if (!hasText || element.closest("svg")) continue;
  const style = getComputedStyle(element);
  const back = background(element);
  const color = rgba(style.color);
  const [a, b] = [luminance(over(color, back, color[3] * opacity(element))), luminance(back)].sort((a, b) => b - a);
  const ratio = (a + 0.05) / (b + 0.05);
  const size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (isLarge ? 3 : 4.5)) report(`1.4.3 contrast ${ratio.toFixed(2)}`, element);
}
return [...new Set(problems)];
