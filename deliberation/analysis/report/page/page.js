"use strict";
// What runs here reads the page and shows or hides parts of it; no words of the run are ever made into markup.
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

for (const one of $$(".needs-script")) one.hidden = false;

// Places: whatever a link leads to is opened, scrolled to and marked.
let lit = null;
function reveal(target, focus = true) {
  for (let box = target.parentElement?.closest("details"); box; box = box.parentElement?.closest("details")) box.open = true;
  if (target.tagName === "DETAILS") target.open = true;
  if (target.classList.contains("card")) $("details", target).open = true;
  lit?.classList.remove("lit");
  if (target.matches(".turn, .vote, .human, .reason, .card, tr")) (lit = target).classList.add("lit");
  target.setAttribute("tabindex", "-1");
  if (focus && !target.contains(document.activeElement)) target.focus({ preventScroll: true });
  show(target);
}
// parts that were never drawn have no true height yet: what was scrolled to moves until they have
function show(target, times = 6) {
  target.scrollIntoView({ block: target.matches(".turn, .vote, tr") ? "center" : "start", behavior: "instant" });
  const top = target.getBoundingClientRect().top;
  if (times) requestAnimationFrame(() => setTimeout(() => { if (Math.abs(target.getBoundingClientRect().top - top) > 1 || times > 4) show(target, times - 1); }));
}
function placeOf(hash) {
  try { return document.getElementById(decodeURIComponent(hash.slice(1))); } catch { return null; }
}
function go() {
  const target = location.hash.length > 1 ? placeOf(location.hash) : null;
  if (!target) return;
  if (target.closest("[hidden]")) clear();
  reveal(target);
}
addEventListener("hashchange", go);
addEventListener("DOMContentLoaded", go);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const target = placeOf(link.hash);
  if (target?.classList.contains("human")) { event.preventDefault(); introduce(target); }
  else if (link.hash === location.hash) { event.preventDefault(); go(); }
});

// People: the card of whoever speaks, over the page.
const dialog = $("#person");
function introduce(card) {
  const copy = [...card.childNodes].map((node) => node.cloneNode(true));
  $("div", dialog).replaceChildren(...copy);
  dialog.showModal();
}
$(".close", dialog).addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

// Rulings in another order.
for (const radio of $$("input[name=order]")) {
  radio.addEventListener("change", () => {
    const cards = $$(".card").sort((a, b) => a.dataset[radio.value] - b.dataset[radio.value]);
    $("#cards").append(...cards);
  });
}

// Transcripts: search and filters.
const [find, who, role, found, all] = ["#find", "#who", "#role", "#found", "#all"].map((id) => $(id));
const MANY = 300; // beyond so many, what holds them is opened one by one as one steps through
let said = null, hits = [], at = -1;
const OFFICES = ["facilitator", "chair", "clerk", "assistant"];
function read() {
  said ??= $$("#transcript .turn, #transcript .vote").map((element) => ({
    element, text: element.textContent.toLowerCase(), who: element.dataset.who,
    role: element.classList.contains("vote") ? "vote" : OFFICES.some((one) => element.classList.contains(one)) ? "office" : element.classList[1],
  }));
  return said;
}
function clear() {
  if (!find) return;
  find.value = who.value = role.value = "";
  sift();
}
function sift() {
  const words = find.value.trim().toLowerCase();
  const idle = !words && !who.value && !role.value;
  hits = [];
  at = -1;
  const shown = new Set();
  for (const one of read()) {
    const fits = (!words || one.text.includes(words)) && (!who.value || one.who === who.value) && (!role.value || one.role === role.value);
    if (one.element.hidden === fits) one.element.hidden = !fits;
    if (!fits || idle) continue;
    hits.push(one.element);
    for (let box = one.element.parentElement; box.id !== "transcript"; box = box.parentElement) {
      if (shown.has(box)) break;
      shown.add(box);
    }
  }
  const few = hits.length <= MANY;
  for (const box of $$("#transcript .sitting, #transcript .block, #transcript .ballot, #transcript .private, #transcript .timeline, #transcript .panel")) {
    const away = !idle && !shown.has(box);
    if (box.hidden !== away) box.hidden = away;
    if (box.tagName === "DETAILS" && few && shown.has(box)) box.open = true;
  }
  found.value = idle ? "" : hits.length === 1 ? "1 found" : `${hits.length} found`;
  mark(words);
}
function mark(words) {
  if (!("highlights" in CSS)) return;
  CSS.highlights.delete("found");
  if (words.length < 2) return;
  const ranges = [];
  for (const element of hits.slice(0, 400)) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.data.toLowerCase();
      if (text.length !== node.data.length) continue;
      for (let place = text.indexOf(words); place >= 0; place = text.indexOf(words, place + words.length)) {
        const range = new Range();
        range.setStart(node, place);
        range.setEnd(node, place + words.length);
        ranges.push(range);
      }
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}
function step(by) {
  if (!hits.length) return;
  at = (at + by + hits.length) % hits.length;
  reveal(hits[at], false);
  found.value = `${at + 1} of ${hits.length}`;
}
if (find) {
  let due = 0;
  find.addEventListener("input", () => { clearTimeout(due); due = setTimeout(sift, 60); });
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); step(event.shiftKey ? -1 : 1); }
    if (event.key === "Escape") clear();
  });
  who.addEventListener("change", sift);
  role.addEventListener("change", sift);
  $("#next").addEventListener("click", () => step(1));
  $("#before").addEventListener("click", () => step(-1));
  all.addEventListener("click", () => {
    const open = all.getAttribute("aria-expanded") !== "true";
    for (const box of $$("#transcript .sitting")) box.open = open;
    all.setAttribute("aria-expanded", String(open));
    all.textContent = open ? "Close all" : "Open all";
  });
  // the headings of phases stick below the tools, however high these are
  const tools = $(".tools");
  new ResizeObserver(() => {
    const high = getComputedStyle(tools).position === "sticky" ? tools.offsetHeight : 0;
    document.documentElement.style.setProperty("--tools", `${high}px`);
  }).observe(tools);
}

// Where one is on the page.
const entries = new Map($$(".contents a").map((link) => [link.hash.slice(1), link]));
const watcher = new IntersectionObserver((seen) => {
  for (const one of seen) {
    if (!one.isIntersecting) continue;
    for (const link of entries.values()) link.removeAttribute("aria-current");
    entries.get(one.target.id)?.setAttribute("aria-current", "true");
  }
}, { rootMargin: "-20% 0px -75% 0px" });
for (const section of $$("main > section")) watcher.observe(section);

// On paper nothing can be opened: the sentences are, and the transcripts where they are wanted.
let closed = [];
addEventListener("beforeprint", () => {
  closed = $$($("#print-too")?.checked ? ".rests, .sitting" : ".rests").filter((box) => !box.open);
  for (const box of closed) box.open = true;
});
addEventListener("afterprint", () => { for (const box of closed) box.open = false; });
