// All customers of the last batch at a glance: tiers, segments, cohorts.

import { get } from "./api.js";
import { groups } from "./groups.js";
import { h } from "./dom.js";
import { words } from "./model.js";
import { link } from "./route.js";
import { count, date, daysText, share, wholeMoney as money } from "./format.js";

export async function showOverview(place, route, signal) {
  const found = await get("/overview", {}, signal);
  const { total, currency } = found, say = await words();
  place.append(
    h("h1", {}, "Your customers"),
    h("p", { class: "lead" }, "What they are expected to be worth", say.contract ? ", as of " : ` in the ${daysText(found.horizon_days)} from `, date(found.as_of), "."),
    h("dl", { class: "cards" },
      card("Customers", count(total.customers, "customers"), h("a", { href: link("list") }, "see the list")),
      card("Value", money(total.clv, currency, "clv"), say.valueOfAll(found.horizon_days)),
      card("Revenue", money(total.expected_revenue, currency, "expected_revenue"), interval(total, currency)),
      card("Churn risk", share(total.p_churn_mean, "p_churn_mean"), say.leave(found.horizon_days))),
    ...blocks(found, say));
}

function blocks(found, say) {
  const { currency } = found;
  return [
    named(found.tiers) && groups({
      title: "Tiers", rows: found.tiers, currency, kind: "tier", none: "no tier",
      words: "By predicted value. Where the lower bar is the longer one, few customers carry much of the value.",
    }),
    named(found.segments) && groups({
      title: "Segments", rows: found.segments, currency, kind: "segment", none: "no segment",
      words: "By how recently, how often and for how much they bought.",
    }),
    found.cohorts.length > 0 && groups({
      title: "Cohorts", rows: found.cohorts, currency, kind: null, none: "unknown",
      words: say.first,
    }),
  ].filter(Boolean);
}

const named = (rows) => rows.some((each) => each.name !== null);

function card(title, value, remark) {
  return h("div", { class: "card" }, h("dt", {}, title), h("dd", { class: "big" }, value), h("dd", { class: "quiet" }, remark));
}

function interval(total, currency) {
  if (total.expected_revenue_low === null) return "of all together";
  return [
    "80 %: ", money(total.expected_revenue_low, currency, "expected_revenue_low"),
    " to ", money(total.expected_revenue_high, currency, "expected_revenue_high"),
  ];
}
