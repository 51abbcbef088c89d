// A page of customers, with buttons to sort by.

import { h, id } from "./dom.js";
import { link } from "./route.js";
import { money, share } from "./format.js";

const COLUMNS = [
  { name: "customer_id", title: "customer" },
  { name: "tier", title: "tier", kind: "wide" },
  { name: "segment", title: "segment", kind: "wide" },
  { name: "p_churn", title: "churn risk", kind: "number" },
  { name: "expected_revenue", title: "revenue", kind: "number wide" },
  { name: "clv", title: "value", kind: "number" },
  { name: "clv_historic", title: "so far", kind: "number wide" },
];

export function table(found, { sort, descending }, choose) {
  const isDown = descending !== "false";
  return h("table", { class: "customers", "data-name": "customers" },
    h("caption", { class: "unseen" }, `Customers, ${found.horizon_days} days ahead`),
    h("thead", {}, h("tr", {}, COLUMNS.map((each) => heading(each, each.name === sort, isDown, choose)))),
    h("tbody", {}, found.customers.map((each) => row(each, found.currency))));
}

function heading({ name, title, kind }, isSorted, isDown, choose) {
  const way = isSorted ? (isDown ? "descending" : "ascending") : "none";
  const next = isSorted ? !isDown : name !== "customer_id" && name !== "tier" && name !== "segment";
  return h("th", { scope: "col", class: kind, "aria-sort": way },
    h("button", { type: "button", class: "sort", "data-sort": name, onclick: () => again(name, choose, next) },
      title, h("span", { "aria-hidden": "true" }, { none: "", descending: " ▼", ascending: " ▲" }[way])));
}

function again(name, choose, isDown) {
  choose({ sort: name, descending: String(isDown) });
  // the heading is made anew: the keyboard stays where it was
  const made = new MutationObserver(() => {
    made.disconnect();
    document.querySelector(`[data-sort="${name}"]`)?.focus();
  });
  made.observe(document.querySelector(".result"), { childList: true });
}

function row(each, currency) {
  return h("tr", {},
    h("th", { scope: "row" },
      h("a", { href: link("customer", each.customer_id) }, id(each.customer_id)),
      h("span", { class: "narrow quiet" }, [each.tier, each.segment].filter(Boolean).join(", "))),
    h("td", { class: "wide" }, each.tier ?? ""),
    h("td", { class: "wide" }, each.segment ?? ""),
    h("td", { class: "number" }, share(each.p_churn, "p_churn")),
    h("td", { class: "number wide" }, money(each.expected_revenue, currency, "expected_revenue")),
    h("td", { class: "number" }, money(each.clv, currency, "clv"), spread(each, currency)),
    h("td", { class: "number wide" }, money(each.clv_historic, currency, "clv_historic")));
}

function spread(each, currency) {
  if (each.clv === null) return null;
  return h("span", { class: "spread quiet" }, money(each.clv_low, currency, "clv_low"), " to ", money(each.clv_high, currency, "clv_high"));
}
