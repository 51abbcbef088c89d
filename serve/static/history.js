// What earlier batches predicted of a customer, and what is known of them.

import { h } from "./dom.js";
import { theModel } from "./model.js";
import { count, date, money, plain, share } from "./format.js";

export function history(reply) {
  const { currency } = reply;
  return h("section", { class: "panel", "aria-labelledby": "history-title" },
    h("h2", { id: "history-title" }, "History"),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": "history-title" }, h("table", { "data-name": "history" },
      h("thead", {}, h("tr", {},
        h("th", { scope: "col" }, "as of"),
        ["days ahead", "value", "churn risk", "value so far"].map((each) => h("th", { scope: "col", class: "number" }, each)),
        ["tier", "segment"].map((each) => h("th", { scope: "col" }, each)),
        h("th", { scope: "col", class: "number" }, "batch"))),
      h("tbody", {}, reply.history.map((each) => h("tr", {},
        h("th", { scope: "row" }, date(each.batch.as_of)),
        h("td", { class: "number" }, count(each.batch.horizon_days)),
        h("td", { class: "number" }, money(each.clv, currency, "clv")),
        h("td", { class: "number" }, share(each.p_churn, "p_churn")),
        h("td", { class: "number" }, money(each.clv_historic, currency, "clv_historic")),
        h("td", {}, each.tier ?? "none"), h("td", {}, each.segment ?? "none"),
        h("td", { class: "number" }, count(each.batch.number))))))));
}

export async function known(reply) {
  const { features } = await theModel().catch(() => ({ features: [] }));
  const about = new Map(features.map((each) => [each.name, each]));
  return h("details", { class: "panel" },
    h("summary", {}, h("h2", {}, "What is known")),
    h("dl", { class: "known" }, Object.entries(reply.features ?? {}).map(([name, value]) => h("div", {},
      h("dt", {}, about.get(name)?.meaning ?? name),
      h("dd", {}, value === null ? h("span", { class: "quiet" }, "unknown")
        : typeof value === "number" ? plain(value, name) : value,
      h("span", { class: "quiet" }, ` ${about.get(name)?.unit ?? ""}`))))));
}
