// What went wrong, in the service's own sentence, and what helps.

import { h } from "./dom.js";

export function errorView(error) {
  const unscored = /no scores yet/.test(error.message);
  return h("section", { class: "error-view", role: "alert" },
    h("h2", {}, unscored ? "Nobody has been scored yet" : title(error)),
    h("p", { class: "sentence" }, error.message),
    unscored && [
      h("p", {}, "Scores are made from a log of transactions, by the model that answers now:"),
      h("pre", {}, "python -m serve score --config configs/YOURS.toml --store sqlite:///var/scores.db"),
      h("p", {}, "Then load this page again. ", h("a", { href: "#/try" }, "Try it"), " works without: it asks about customers of your own."),
    ]);
}

function title(error) {
  if (error.status === 401) return "A key is needed";
  if (error.status === 404) return "Not found";
  if (error.status === 429) return "Too much at once";
  if (error.status >= 500) return "The service cannot answer now";
  return error.status ? "That cannot be asked" : "No answer";
}
