"use strict";

const at = (id) => document.getElementById(id);
const share = (value) => (value === null ? "unknown" : `${(100 * value).toFixed(1)} %`);

function money(value, currency) {
  if (value === null) return "unknown";
  return new Intl.NumberFormat("en", { style: "currency", currency }).format(value);
}

function element(tag, text, kind) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function day(trainedAsOf, daysBefore) {
  const moment = new Date(`${trainedAsOf.slice(0, 10)}T12:00:00Z`);
  moment.setUTCDate(moment.getUTCDate() - daysBefore);
  return moment.toISOString().slice(0, 10);
}

function example(model) {
  const buys = (...pairs) => pairs.map(([days, amount]) => ({ timestamp: day(model.trained_as_of, days), amount }));
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

function showModel(model) {
  const facts = {
    "model": `${model.name}, version ${model.version}`,
    "trained on what was known by": model.trained_as_of,
    "customers learnt from": model.customers.toLocaleString("en"),
    "horizon, unless asked otherwise": `${model.horizon_days} days`,
    "currency": model.currency,
    "time zone": model.timezone,
  };
  const named = { churn_auc: "who leaves: ROC-AUC", clv_gini: "who is worth most: Gini", clv_bias: "error of the total" };
  for (const [name, title] of Object.entries(named)) {
    if (name in model.metrics) {
      facts[title] = name.endsWith("bias") ? share(model.metrics[name]) : model.metrics[name].toFixed(3);
    }
  }
  for (const [title, value] of Object.entries(facts)) {
    const fact = document.createElement("div");
    fact.append(element("dt", title), element("dd", value));
    at("facts").append(fact);
  }
  if (model.notice) complain("notice", `Answers come from the last model that was loaded: ${model.notice}`);
  const lines = JSON.stringify(example(model), null, 2);
  at("request").value = lines.replace(/\{\s+("timestamp": .*),\s+("amount": .*)\s+\}/g, "{ $1, $2 }");
}

function showAnswer(answer) {
  at("asked").textContent =
    `${answer.horizon_days} days from ${answer.as_of}, in ${answer.currency}, by model version ${answer.model.version}`;
  at("predictions").replaceChildren(...answer.predictions.flatMap((each) => {
    const row = document.createElement("tr");
    const numbers = [share(each.p_churn), ...["expected_spend", "expected_revenue", "clv"].map((name) => money(each[name], answer.currency))];
    const range = each.clv_low === null ? "unknown" : `${money(each.clv_low, answer.currency)} and ${money(each.clv_high, answer.currency)}`;
    row.append(element("td", each.customer_id), ...[...numbers, range].map((text) => element("td", text, "number")), element("td", each.basis));
    if (!each.warnings.length) return [row];
    const remark = element("td", each.warnings.join("; "), "remark");
    remark.colSpan = 7;
    const below = document.createElement("tr");
    below.append(remark);
    return [row, below];
  }));
  at("raw").textContent = JSON.stringify(answer, null, 1);
  at("answer").hidden = false;
}

function complain(id, text) {
  at(id).textContent = text;
  at(id).hidden = false;
}

async function answerOf(response) {
  const content = await response.json();
  if (!response.ok) throw new Error(content.error.message);
  return content;
}

at("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  at("error").hidden = at("answer").hidden = true;
  try {
    const headers = { "content-type": "application/json" };
    showAnswer(await answerOf(await fetch("/predict", { method: "POST", headers, body: at("request").value })));
  } catch (error) {
    complain("error", error.message);
  }
  button.disabled = false;
});

fetch("/model").then(answerOf).then(showModel).catch((error) => complain("notice", error.message));
