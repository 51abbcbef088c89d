// What moves a customer's prediction up, and what moves it down, in words.

import { h } from "./dom.js";

export function drivers(prediction) {
  const found = prediction.explanation?.drivers ?? [];
  const most = Math.max(...found.map((each) => Math.abs(each.revenue_share)), 1e-9);
  return h("section", { class: "panel", "aria-labelledby": "drivers-title" },
    h("h2", { id: "drivers-title" }, "Why"),
    found.length === 0
      ? h("p", { class: "quiet" }, "Nothing speaks for more or for less than the probability model expects.")
      : h("div", { class: "columns" },
        column("up", "Speaks for more", found, most), column("down", "Speaks for less", found, most)));
}

function column(direction, title, all, most) {
  const found = all.filter((each) => each.direction === direction);
  return h("div", {},
    h("h3", {}, h("span", { class: direction, "aria-hidden": "true" }, direction === "up" ? "▲ " : "▼ "), title),
    found.length === 0 ? h("p", { class: "quiet" }, "nothing") : h("ul", { class: "drivers" },
      found.map((each) => h("li", { "data-feature": each.feature }, strength(each, direction, most), each.words))));
}

function strength(each, direction, most) {
  const bar = h("span", { class: `strength ${direction}`, "aria-hidden": "true" });
  bar.style.inlineSize = `${Math.max(2, 100 * Math.abs(each.revenue_share) / most)}%`;
  return bar;
}
