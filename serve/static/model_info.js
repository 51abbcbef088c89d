// The model that answers, and where programs ask.

import { h } from "./dom.js";
import { count, date, daysText, plain, share } from "./format.js";

const ENDPOINTS = [
  ["POST /predict", "raw transactions of one or more customers"],
  ["POST /predict_features", "rows of the feature table"],
  ["POST /lookup", "customers of the last batch, by their ids"],
  ["GET /customers/{id}", "one of them, with curve, drivers and history"],
  ["GET /customers", "a list of them, sorted and filtered, also as CSV"],
  ["GET /overview", "tiers, segments and cohorts"],
  ["GET /model", "the model, its metrics and features"],
];

export function modelInfo(model) {
  const { metrics } = model;
  return h("section", { class: "panel", "aria-labelledby": "model-info-title" },
    h("h2", { id: "model-info-title" }, "The model that answers"),
    model.notice && h("p", { class: "notice" }, model.notice),
    h("dl", { class: "known" },
      fact("model", `${model.name}, version ${model.version}`),
      fact("trained on what was known by", date(model.trained_as_of)),
      fact("customers learnt from", count(model.customers)),
      fact("horizon, unless asked otherwise", daysText(model.horizon_days)),
      fact("currency", model.currency), fact("time zone", model.timezone),
      "churn_auc" in metrics && fact("who leaves: ROC-AUC", plain(metrics.churn_auc, "churn_auc")),
      "clv_gini" in metrics && fact("who is worth most: Gini", plain(metrics.clv_gini, "clv_gini")),
      "clv_bias" in metrics && fact("error of the total", share(metrics.clv_bias, "clv_bias"))));
}

const fact = (title, value) => h("div", {}, h("dt", {}, title), h("dd", {}, value));

export function programs() {
  return h("section", { class: "panel", "aria-labelledby": "programs-title" },
    h("h2", { id: "programs-title" }, "For programs"),
    h("dl", { class: "endpoints" }, ENDPOINTS.map(([endpoint, words]) => h("div", {}, h("dt", {}, h("code", {}, endpoint)), h("dd", {}, words)))),
    h("p", {}, "Everything, as OpenAPI: ", h("a", { href: "/docs.json" }, "/docs.json")));
}
