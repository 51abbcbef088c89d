// All customers: filtered, sorted, a page at a time, and as a file.

import { get, getBlob } from "./api.js";
import { h } from "./dom.js";
import { filters } from "./filters.js";
import { link, restate } from "./route.js";
import { count, countText, date } from "./format.js";
import { table } from "./table.js";
import { errorView } from "./error_view.js";

const LIMIT = 25;
const USUAL = { sort: "clv", descending: "true" };

export async function showList(place, route, signal) {
  let query = route.query, turn = 0;
  const result = h("div", { class: "result" });
  const summary = h("p", { role: "status" });
  const file = h("button", { type: "button", class: "plain", onclick: save }, "Download as CSV");

  // Another entry in the history for each thing that is chosen, none for each letter typed.
  function choose(changes, { typed = false } = {}) {
    if (signal.aborted) return;
    const next = clean({ ...query, offset: "", ...changes });
    if (!typed) {
      location.hash = link("list", "", next);
      return;
    }
    query = next;
    restate(link("list", "", next));
    ask();
  }

  async function ask() {
    const mine = turn += 1;
    result.setAttribute("aria-busy", "true");
    try {
      const found = await get("/customers", { ...USUAL, limit: LIMIT, ...query }, signal);
      if (mine !== turn) return;
      summary.replaceChildren(...saying(found));
      file.disabled = found.total === 0;
      result.replaceChildren(table(found, { ...USUAL, ...query }, choose), pages(found, choose));
    } catch (error) {
      if (error.name === "AbortError" || mine !== turn) return;
      summary.replaceChildren();
      result.replaceChildren(errorView(error));
    }
    result.removeAttribute("aria-busy");
  }

  async function save() {
    file.disabled = true;
    try {
      const { limit, offset, ...wanted } = query;
      download(await getBlob("/customers", { ...USUAL, ...wanted, format: "csv" }));
    } catch (error) {
      result.replaceChildren(errorView(error));
    }
    file.disabled = false;
  }

  const overview = await get("/overview", {}, signal);
  const form = filters(overview, choose);
  place.append(h("h1", {}, "Customers"), form.element, h("div", { class: "above" }, summary, file), result);
  form.set(query);
  await ask();
  return (next) => {
    query = next;
    form.set(next);
    ask();
  };
}

const clean = (query) => Object.fromEntries(Object.entries(query).filter(([name, value]) => value !== "" && USUAL[name] !== value));

function saying(found) {
  if (found.total === 0) return ["No customer fits."];
  const last = Math.min(found.offset + found.limit, found.total);
  const part = found.customers.length ? `${countText(found.offset + 1)} to ${countText(last)} of ` : "none here of ";
  return [part, count(found.total, "total"), found.total === 1 ? " customer" : " customers", ", as of ", date(found.as_of)];
}

function pages(found, choose) {
  const turn = (text, offset, possible) => h("button", {
    type: "button", class: "plain", disabled: !possible, onclick: () => choose({ offset: offset > 0 ? String(offset) : "" }),
  }, text);
  const { offset, limit, total } = found;
  return h("nav", { class: "pages", "aria-label": "Pages" },
    turn("First", 0, offset > 0), turn("Previous", offset - limit, offset > 0),
    turn("Next", offset + limit, offset + limit < total));
}

function download(blob) {
  // the byte order mark in front shows spreadsheets that it is UTF-8
  const address = URL.createObjectURL(new Blob(["\ufeff", blob], { type: "text/csv" }));
  h("a", { href: address, download: "customers.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
