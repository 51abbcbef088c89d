// What if: other terms for the same customer. The service predicts; nothing is calculated here.

import { h, settled } from "./dom.js";
import { roundUp } from "./scale.js";
import { daysText, moneyText, percentText } from "./format.js";

// percent: shown in hundredths of what is asked for
const KNOBS = [
  { name: "horizon_days", label: "Horizon", unit: "days", least: 7, most: 1095, step: 1, limit: 3650 },
  { name: "margin", label: "Margin", unit: "%", least: 1, most: 100, step: 1, limit: 100, percent: true },
  { name: "discount_rate_annual", label: "Discount", unit: "% a year", least: 0, most: 50, step: 0.5, percent: true },
  { name: "acquisition_cost", label: "Acquisition cost", unit: "", least: 0, fitted: true },
  { name: "retention_cost_annual", label: "Retention cost", unit: "a year", least: 0, fitted: true },
];

export function termsOf(query) {
  return Object.fromEntries(KNOBS.filter(({ name }) => query[name]).map(({ name }) => [name, query[name]]));
}

export function whatIf(reply, changed) {
  const usual = { horizon_days: reply.batch.horizon_days, ...reply.batch.economics };
  const ask = settled(120, () => changed(given()));
  const knobs = KNOBS.map((each) => knob(fitted(each, reply), usual[each.name], reply.currency, ask));
  const given = () => Object.fromEntries(knobs.filter((each) => each.isOther()).map((each) => [each.name, each.value()]));
  const set = (values) => knobs.forEach((each) => each.set(values[each.name] ?? usual[each.name]));
  const reset = h("button", { type: "button", class: "plain", onclick: () => { set({}); changed({}); } }, "As it was scored");
  const form = h("form", { class: "panel what-if", "aria-labelledby": "terms-title", onsubmit: (event) => event.preventDefault() },
    h("h2", { id: "terms-title" }, "What if"),
    h("p", { class: "quiet" }, "Change the terms and see the prediction move."),
    knobs.map((each) => each.element), reset);
  return { element: form, set };
}

function fitted(each, reply) {
  if (!each.fitted) return each;
  const most = Math.max(10, roundUp(Math.abs(reply.predictions[0].clv ?? 0)));
  return { ...each, most, step: most / 200, unit: `${reply.currency} ${each.unit}`.trim() };
}

function knob(about, usual, currency, ask) {
  const { name, label, unit, least, most, step, limit, percent } = about;
  const shown = (value) => (percent ? Number((value * 100).toPrecision(12)) : Number(value));
  const range = h("input", { type: "range", id: `term-${name}`, min: least, max: most, step: "any" });
  const box = h("input", { type: "number", min: least, max: limit, step: "any", "aria-label": `${label}, ${unit}`, inputmode: "decimal", "data-term": name, required: true });
  const steps = (value) => Number((Math.round(value / step) * step).toPrecision(12));
  range.addEventListener("input", () => { box.value = Math.max(least, steps(range.valueAsNumber)); ask(); });
  range.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    range.value = box.value = Math.min(most, Math.max(least, steps(Number(box.value) + way * step)));
    ask();
  });
  box.addEventListener("input", () => { if (box.value !== "") { range.value = box.value; ask(); } });
  const usualText = percent ? percentText(usual) : name === "horizon_days" ? daysText(usual) : moneyText(usual, currency);
  const value = () => (percent ? String(Number((box.valueAsNumber / 100).toPrecision(12))) : box.value);
  return {
    name, value,
    isOther: () => box.value !== "" && Number(value()) !== usual,
    set: (given) => { box.value = shown(given); range.value = shown(given); },
    element: h("div", { class: "knob" },
      h("label", { for: `term-${name}` }, label),
      h("span", { class: "box" }, box, h("span", { class: "quiet" }, unit)),
      range, h("span", { class: "usual quiet" }, "as scored: ", usualText)),
  };
}
