// The search for one customer, with the ids that begin to fit.

import { get } from "./api.js";
import { at, h, settled } from "./dom.js";
import { link } from "./route.js";

const MOST = 8;

export function startSearch() {
  const text = at("search-id");
  at("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = text.value.trim();
    if (!wanted) return;
    location.hash = link("customer", wanted);
    text.value = "";
    at("search-ids").replaceChildren();
  });
  text.addEventListener("input", settled(150, suggest));
}

async function suggest() {
  const wanted = at("search-id").value.trim();
  if (!wanted) return;
  try {
    const { customers } = await similar(wanted);
    if (at("search-id").value.trim() !== wanted) return;
    at("search-ids").replaceChildren(...customers.map((each) => h("option", { value: each.customer_id })));
  } catch {
    // suggestions are a courtesy: what is wrong is said when the customer is asked for
    at("search-ids").replaceChildren();
  }
}

export function similar(wanted) {
  return get("/customers", { search: wanted, sort: "customer_id", descending: false, limit: MOST });
}
