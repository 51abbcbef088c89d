// One customer: what is expected, why, and what it was before.

import { customerPath, get } from "./api.js";
import { curve } from "./curve.js";
import { at, h, id } from "./dom.js";
import { drivers } from "./drivers.js";
import { figures } from "./figures.js";
import { history, known } from "./history.js";
import { words } from "./model.js";
import { link, restate } from "./route.js";
import { similar } from "./search.js";
import { date, daysText } from "./format.js";
import { errorView } from "./error_view.js";
import { termsOf, whatIf } from "./what_if.js";

const FULL = { curve: true, explain: true };

export async function showCustomer(place, route, signal) {
  const customer = route.value;
  const before = await first(place, customer, signal);
  if (!before) return null;
  const { reply, live } = before, say = await words();
  const parts = { figures: h("div", {}), drivers: h("div", {}), curve: h("div", {}), problem: h("div") };
  const knobs = live ? whatIf(reply, asked) : null;
  let turn = 0;
  let given = live ? termsOf(route.query) : {};

  async function asked(changes) {
    // a knob may be heard after the view was left
    if (signal.aborted) return;
    given = changes;
    restate(link("customer", customer, given));
    await ask();
  }

  async function ask() {
    const mine = turn += 1;
    try {
      const changed = Object.keys(given).length > 0;
      const now = changed ? await get(customerPath(customer), { ...FULL, ...given }, signal) : reply;
      if (mine !== turn) return;
      parts.problem.replaceChildren();
      draw(parts, now, changed ? reply : null, say);
    } catch (error) {
      if (error.name !== "AbortError" && mine === turn) parts.problem.replaceChildren(errorView(error));
    }
  }

  place.append(head(reply, customer), ...notices(reply, live),
    h("div", { class: "halves" },
      h("div", {}, parts.figures, parts.problem, live && parts.curve), knobs?.element),
    ...(live ? [parts.drivers] : []), history(reply), await known(reply));
  knobs?.set(given);
  draw(parts, reply, null, say);
  await ask();
  return (query) => {
    given = live ? termsOf(query) : {};
    knobs?.set(given);
    ask();
  };
}

// The customer as the last batch has it, asked anew where the model of today can.
async function first(place, customer, signal) {
  const path = customerPath(customer), beside = { history: true, features: true };
  try {
    return { reply: await get(path, { ...FULL, ...beside }, signal), live: true };
  } catch (error) {
    if (error.status === 404) return unknown(place, customer, error);
    if (error.status !== 503) throw error;
    const reply = await get(path, beside, signal).catch(() => { throw error; });
    return { reply: { ...reply, notice: error.message }, live: false };
  }
}

async function unknown(place, customer, error) {
  place.append(h("h1", {}, "No customer ", id(customer)), errorView(error));
  const { customers } = await similar(customer).catch(() => ({ customers: [] }));
  place.append(customers.length
    ? h("section", {}, h("h2", {}, "Ids that contain it"), h("ul", { class: "similar" },
      customers.map((each) => h("li", {}, h("a", { href: link("customer", each.customer_id) }, id(each.customer_id))))))
    : h("p", {}, h("a", { href: link("list") }, "All customers of the last batch")));
  at("search-id").focus();
  return null;
}

function head(reply, customer) {
  const stored = reply.history[0];
  return h("header", { class: "person" },
    h("h1", {}, h("span", { class: "quiet" }, "Customer "), id(customer)),
    h("p", { class: "names" },
      stored.tier && h("a", { class: "name tier", href: link("list", "", { tier: stored.tier }), "data-name": "tier" }, stored.tier),
      stored.segment && h("a", { class: "name", href: link("list", "", { segment: stored.segment }), "data-name": "segment" }, stored.segment),
      h("span", { class: "quiet" }, "as of ", date(reply.as_of, "as_of"))));
}

function notices(reply, live) {
  const found = [...reply.predictions[0].warnings];
  if (!live) found.push(`These are the numbers of the last batch, as they were stored: ${reply.notice}`);
  else if (reply.model.version !== reply.batch.model_version) {
    found.push(`Version ${reply.model.version} of the model answers; the batch was scored by version ${reply.batch.model_version}.`);
  }
  return found.map((each) => h("p", { class: "notice" }, each));
}

function draw(parts, reply, before, say) {
  const prediction = reply.predictions[0], days = daysText(prediction.horizon_days);
  parts.figures.replaceChildren(figures(reply, before, say));
  parts.drivers.replaceChildren(drivers(prediction));
  if (prediction.curve) parts.curve.replaceChildren(curve(prediction.curve, reply.currency, days));
  else parts.curve.replaceChildren(h("p", { class: "quiet" }, "Too little is known for a curve."));
}
