// Numbers and dates as people read them; the exact number stays in the element's value.

import { h } from "./dom.js";

const LARGE = 100000;
const WHOLE = new Intl.NumberFormat("en");
const PLAIN = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });
const SHARE = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 2 });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

export function moneyText(value, currency, whole = Math.abs(value) >= LARGE) {
  const places = whole ? { maximumFractionDigits: 0 } : {};
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency, ...places }).format(value);
  } catch {
    return `${PLAIN.format(value)} ${currency}`;
  }
}

export function compactMoney(value, currency) {
  const options = { notation: "compact", maximumSignificantDigits: 3 };
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency, ...options }).format(value);
  } catch {
    return new Intl.NumberFormat("en", options).format(value);
  }
}

function number(value, name, text) {
  if (value === null || value === undefined) return h("span", { class: "quiet", "data-name": name }, "unknown");
  return h("data", { value: String(value), "data-name": name }, text(value));
}

export const money = (value, currency, name) => number(value, name, (each) => moneyText(each, currency));
export const wholeMoney = (value, currency, name) => number(value, name, (each) => moneyText(each, currency, true));
export const share = (value, name) => number(value, name, (each) => SHARE.format(each));
export const count = (value, name) => number(value, name, (each) => WHOLE.format(each));
export const plain = (value, name) => number(value, name, (each) => PLAIN.format(each));
export const shareText = (value) => SHARE.format(value);
export const percentText = (value) => PERCENT.format(value);
export const countText = (value) => WHOLE.format(value);

// A date, or a timestamp of which the day is shown.
export function date(text, name) {
  if (!text) return h("span", { class: "quiet", "data-name": name }, "unknown");
  const noon = new Date(`${text.slice(0, 10)}T12:00:00Z`);
  return h("time", { datetime: text, "data-name": name }, Number.isNaN(noon.valueOf()) ? text : DAY.format(noon));
}

export const daysText = (days) => `${WHOLE.format(days)} ${days === 1 ? "day" : "days"}`;
