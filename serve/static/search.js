// The search for one customer, with the ids that begin to fit.

import { get } from "./api.js";
import { at, h, settled } from "./dom.js";
import { link } from "./route.js";

const MOST = 8;

export function startSearch() {
  const text = at("search-id");
  at("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const searched = text.value.trim();
    if (!searched) return;
    location.hash = link("customer", searched);
    text.value = "";
    at("search-ids").replaceChildren();
  });
  text.addEventListener("input", settled(150, suggest));
}

async function suggest() {
  const searched = at("search-id").value.trim();
  if (!searched) return;
  try {
    const { customers } = await similar(searched);
    if (at("search-id").value.trim() !== searched) return;
    at("search-ids").replaceChildren(...customers.map((each) => h("option", { value: each.customer_id })));
  } catch {
    // suggestions are a courtesy: errors are shown when the customer is asked for
    at("search-ids").replaceChildren();
  }
}

export function similar(searched) {
  return get("/customers", { search: searched, sort: "customer_id", descending: false, limit: MOST });
}
