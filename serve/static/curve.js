// The horizon month by month, drawn: revenue and value as bars, below them who is still a customer.

import { h, svg } from "./dom.js";
import { ticks } from "./scale.js";
import { compactMoney, count, money, moneyText, share, shareText } from "./format.js";

const BOX = { width: 640, left: 58, right: 12, top: 12, bars: 170, gap: 34, line: 62, foot: 36 };
const LABELS = 12;

export function curve(months, currency, days) {
  return h("section", { class: "panel", "aria-labelledby": "curve-title" },
    h("h2", { id: "curve-title" }, "Month by month"),
    h("p", { class: "quiet" }, h("span", { class: "swatch revenue" }, "expected revenue"), " ",
      h("span", { class: "swatch value" }, "value: margin, discounted"), " ",
      h("span", { class: "swatch alive" }, "still a customer")),
    picture(months, currency, days),
    h("details", {}, h("summary", {}, "The same as a table"), table(months, currency)));
}

function picture(months, currency, days) {
  const { width, left, right, top, bars, gap, line, foot } = BOX;
  const end = months.at(-1).days, x = (day) => left + (width - left - right) * day / end;
  const money = months.flatMap((each) => [each.expected_revenue, each.discounted_value]);
  const marks = ticks(Math.min(0, ...money), Math.max(...money, 1e-9));
  const low = marks[0], high = marks.at(-1);
  const y = (value) => top + bars * (high - value) / (high - low);
  const base = top + bars + gap, alive = (part) => base + line * (1 - part);
  return svg("svg", { class: "curve", viewBox: `0 0 ${width} ${base + line + foot}`, role: "img",
    "aria-label": `Expected revenue, value and survival in the months of the next ${days}; the table below has the numbers` },
    marks.map((each) => [
      svg("line", { class: each === 0 ? "axis" : "grid", x1: left, x2: width - right, y1: y(each), y2: y(each) }),
      svg("text", { class: "mark", x: left - 8, y: y(each) + 4, "text-anchor": "end" }, compactMoney(each, currency)),
    ]),
    months.map((each, place) => pair(each, place ? months[place - 1].days : 0, x, y, currency)),
    [0, 1].map((each) => [
      svg("line", { class: each ? "grid" : "axis", x1: left, x2: width - right, y1: alive(each), y2: alive(each) }),
      svg("text", { class: "mark", x: left - 8, y: alive(each) + 4, "text-anchor": "end" }, `${each * 100}%`),
    ]),
    svg("polyline", { class: "alive", points: months.map((each) => `${x(each.days).toFixed(1)},${alive(each.survival).toFixed(1)}`).join(" ") }),
    months.length <= 36 && months.map((each) => svg("circle", { class: "alive", cx: x(each.days), cy: alive(each.survival), r: 3.5 },
      svg("title", {}, `month ${each.month}: ${shareText(each.survival)} still a customer at its end`))),
    labels(months, x, base + line + 16), svg("text", { class: "mark", x: (left + width - right) / 2, y: base + line + 33, "text-anchor": "middle" }, "month from now"));
}

function pair(each, from, x, y, currency) {
  const start = x(from), width = x(each.days) - start, pad = Math.min(width * 0.16, 14), half = (width - 2 * pad) / 2;
  const bar = (kind, value, at) => svg("rect", { class: kind, x: at, width: Math.max(half - 1, 0.5),
    y: Math.min(y(value), y(0)), height: Math.abs(y(value) - y(0)), rx: Math.min(2, half / 4) });
  return svg("g", {},
    svg("title", {}, `month ${each.month}: revenue ${moneyText(each.expected_revenue, currency)}, value ${moneyText(each.discounted_value, currency)}`),
    bar("revenue", each.expected_revenue, start + pad), bar("value", each.discounted_value, start + pad + half + 1));
}

function labels(months, x, y) {
  const every = Math.ceil(months.length / LABELS);
  return months.map((each, place) => (each.month % every ? null
    : svg("text", { class: "mark", x: (x(place ? months[place - 1].days : 0) + x(each.days)) / 2, y, "text-anchor": "middle" }, each.month)));
}

function table(months, currency) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "The curve as a table" }, h("table", { "data-name": "curve" },
    h("thead", {}, h("tr", {}, ["month", "to day", "revenue", "value", "still a customer"].map((each) => h("th", { scope: "col", class: "number" }, each)))),
    h("tbody", {}, months.map((each) => h("tr", {},
      h("th", { scope: "row", class: "number" }, each.month),
      h("td", { class: "number" }, count(each.days, "days")),
      h("td", { class: "number" }, money(each.expected_revenue, currency, "expected_revenue")),
      h("td", { class: "number" }, money(each.discounted_value, currency, "discounted_value")),
      h("td", { class: "number" }, share(each.survival, "survival")))))));
}
