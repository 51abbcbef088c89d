// The numbers of one customer, beside those of before where the terms were changed.

import { h, svg } from "./dom.js";
import { date, daysText, money, moneyText, share, shareText } from "./format.js";

export function figures(reply, before, say) {
  const now = reply.predictions[0], old = before?.predictions[0], { currency } = reply;
  const days = now.horizon_days;
  const cash = (name, title, remark) => figure(title, money(now[name], currency, name), remark,
    old && old[name] !== now[name] && was(money(old[name], currency)));
  return h("dl", { class: "cards figures", "aria-live": "polite", "aria-label": "Numbers" },
    h("div", { class: "card lead-card" },
      h("dt", {}, say.value(days)),
      h("dd", { class: "big" }, money(now.clv, currency, "clv")),
      old && old.clv !== now.clv && was(money(old.clv, currency)),
      h("dd", {}, range(now, currency))),
    figure("Churn risk", share(now.p_churn, "p_churn"), [meter(now.p_churn), say.leaves(days)],
      old && old.p_churn !== now.p_churn && was(share(old.p_churn))),
    !say.contract && figure("Next order", date(now.next_order_date, "next_order_date"), nextOrder(now)),
    now.clv_after_horizon !== undefined && cash("clv_after_horizon", "Of it, after the horizon", `later than ${daysText(days)}`),
    cash("expected_revenue", "Expected revenue", [say.otherwise, money(now.expected_spend, currency, "expected_spend")]),
    cash("clv_historic", "Value so far", say.soFar),
    cash("clv_total", "Value in all", "so far and expected"),
    cash("clv_net", "Net of acquisition", "value in all, less what it cost to win them"));
}

const figure = (title, value, remark, before) => h("div", { class: "card" },
  h("dt", {}, title), h("dd", { class: "big" }, value), before, h("dd", { class: "quiet" }, remark));

const was = (value) => h("dd", { class: "was" }, "as scored: ", value);

function nextOrder(now) {
  if (now.next_order_days === undefined) return "not known";
  const days = Math.round(now.next_order_days);
  return `${days < 1 ? "within a day" : `in ${daysText(days)}`}, if one comes within a year`;
}

function meter(risk) {
  if (risk === null) return null;
  return svg("svg", { class: "meter", viewBox: "0 0 100 6", preserveAspectRatio: "none", role: "img", "aria-label": shareText(risk) },
    svg("rect", { class: "track", width: 100, height: 6, rx: 3 }),
    svg("rect", { class: "level", width: 100 * risk, height: 6, rx: 3 }));
}

function range(now, currency) {
  if (now.clv === null) return h("span", { class: "quiet" }, "too little is known for a number");
  const low = Math.min(now.clv_low, now.clv, 0), high = Math.max(now.clv_high, now.clv, low + 1e-9);
  const x = (value) => 100 * (value - low) / (high - low);
  return [
    svg("svg", { class: "range", viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img",
      "aria-label": `80 percent interval ${moneyText(now.clv_low, currency)} to ${moneyText(now.clv_high, currency)}` },
      svg("rect", { class: "track", y: 4, width: 100, height: 2 }),
      svg("rect", { class: "level", x: x(now.clv_low), y: 2, width: x(now.clv_high) - x(now.clv_low), height: 6 }),
      svg("rect", { class: "point", x: Math.min(x(now.clv), 99.2), width: 0.8, height: 10 })),
    h("span", { class: "quiet" }, "80 % likely between ", money(now.clv_low, currency, "clv_low"), " and ", money(now.clv_high, currency, "clv_high")),
  ];
}
