// Made-up customers, asked about as a program would: raw transactions to POST /predict.

import { post } from "./api.js";
import { h, id } from "./dom.js";
import { modelInfo, programs } from "./model_info.js";
import { theModel } from "./model.js";
import { daysText, money, share } from "./format.js";
import { errorView } from "./error_view.js";

export async function showTryIt(place) {
  const model = await theModel();
  const text = h("textarea", { id: "request", rows: 20, spellcheck: "false" });
  const button = h("button", { type: "submit" }, "Predict");
  const answer = h("div", { id: "answer", "aria-live": "polite" });
  text.value = written(example(model));
  async function ask(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      answer.replaceChildren(...shown(await post("/predict", text.value)));
    } catch (error) {
      answer.replaceChildren(errorView(error));
    }
    button.disabled = false;
  }
  const form = h("form", { id: "form", onsubmit: ask },
    h("label", { for: "request" }, "What is sent to ", h("code", {}, "POST /predict"), ":"), text, button);
  place.append(
    h("h1", {}, "Try it"),
    ...(model.relationship === "contract"
      ? [h("p", {}, "The live model is of subscriptions, not of transactions: programs send rows of the feature table to ", h("code", {}, "POST /predict_features"), ".")]
      : [h("p", { class: "lead" }, "Ask about customers of your own. Nothing is stored."), form, answer]),
    modelInfo(model), programs());
}

function example(model) {
  const day = (before) => {
    const time = new Date(`${model.trained_as_of.slice(0, 10)}T12:00:00Z`);
    time.setUTCDate(time.getUTCDate() - before);
    return time.toISOString().slice(0, 10);
  };
  const buys = (...pairs) => pairs.map(([before, amount]) => ({ timestamp: day(before), amount }));
  return {
    customers: [
      { customer_id: "regular", transactions: buys([320, 42], [241, 38.5], [160, 55], [88, 40], [21, 47]) },
      { customer_id: "gone quiet", transactions: buys([400, 60], [371, 35], [350, 80]) },
      { customer_id: "new", transactions: buys([9, 25]) },
    ],
    as_of: model.trained_as_of.slice(0, 10),
    horizon_days: model.horizon_days,
  };
}

const written = (request) => JSON.stringify(request, null, 2).replace(/\{\s+("timestamp": .*),\s+("amount": .*)\s+\}/g, "{ $1, $2 }");

function shown(reply) {
  const days = [reply.horizon_days].flat().map(daysText).join(", ");
  return [
    h("p", {}, `${days} from ${reply.as_of}, in ${reply.currency}, by version ${reply.model.version} of the model:`),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "The answer as a table" }, h("table", { "data-name": "predictions" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "customer"),
        ["churn risk", "spend if active", "revenue", "value", "80 % interval"].map((each) => h("th", { scope: "col", class: "number" }, each)),
        h("th", { scope: "col" }, "basis"))),
      h("tbody", {}, reply.predictions.map((each) => row(each, reply.currency))))),
    h("details", {}, h("summary", {}, "The answer as JSON"), h("pre", {}, JSON.stringify(reply, null, 1))),
  ];
}

function row(each, currency) {
  const cash = (name) => money(each[name], currency, name);
  return h("tr", {},
    h("th", { scope: "row" }, id(each.customer_id),
      each.warnings.length > 0 && h("span", { class: "spread quiet" }, each.warnings.join("; "))),
    h("td", { class: "number" }, share(each.p_churn, "p_churn")),
    ["expected_spend", "expected_revenue", "clv"].map((name) => h("td", { class: "number" }, cash(name))),
    h("td", { class: "number" }, cash("clv_low"), " to ", cash("clv_high")),
    h("td", {}, each.basis));
}
