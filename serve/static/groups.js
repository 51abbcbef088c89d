// A table of groups of customers: how many there are, beside what they are worth.

import { h, svg } from "./dom.js";
import { link } from "./route.js";
import { count, share, shareText, wholeMoney } from "./format.js";

export function groups({ title, words, rows, currency, kind, none }) {
  const longest = Math.max(...rows.flatMap((each) => [each.share_of_customers ?? 0, each.share_of_clv ?? 0]), 0.01);
  const name = `${title.toLowerCase()}-title`;
  return h("section", { class: "panel", "aria-labelledby": name },
    h("h2", { id: name }, title),
    h("p", { class: "quiet" }, words),
    h("table", { class: "groups", "data-name": title.toLowerCase() },
      h("thead", {}, h("tr", {},
        h("th", { scope: "col", class: "names-of" }, "name"),
        h("th", { scope: "col", class: "legend" }, "share of ", key("people", "customers"), " and of ", key("value", "value")),
        h("th", { scope: "col", class: "number wide" }, "customers"),
        h("th", { scope: "col", class: "number" }, "value"),
        h("th", { scope: "col", class: "number wide" }, "each, on average"),
        h("th", { scope: "col", class: "number wide" }, "churn risk"))),
      h("tbody", {}, rows.map((each) => row(each, { currency, kind, none, longest })))));
}

const key = (kind, text) => h("span", { class: `swatch ${kind}` }, text);

function row(each, { currency, kind, none, longest }) {
  const name = each.name === null ? none
    : kind ? h("a", { href: link("list", "", { [kind]: each.name }) }, each.name) : each.name;
  return h("tr", { "data-group": each.name ?? none },
    h("th", { scope: "row" }, name),
    h("td", { class: "bars" }, bars(each, longest)),
    h("td", { class: "number wide" }, count(each.customers, "customers")),
    h("td", { class: "number" }, wholeMoney(each.clv, currency, "clv")),
    h("td", { class: "number wide" }, wholeMoney(each.clv_mean, currency, "clv_mean")),
    h("td", { class: "number wide" }, share(each.p_churn_mean, "p_churn_mean")));
}

function bars(each, longest) {
  const people = each.share_of_customers ?? 0, value = each.share_of_clv ?? 0;
  return [bar("people", people, longest), bar("value", value, longest)];
}

function bar(kind, part, longest) {
  const width = Math.max(0, part) / longest * 100;
  return h("div", { class: "bar" },
    svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true", class: kind },
      svg("rect", { width, height: 10, rx: 0.5 })),
    h("span", {}, shareText(part)));
}
