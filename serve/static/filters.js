// The form above the list: which customers are wanted.

import { h, settled } from "./dom.js";

const RISKS = [["", "any"], ["0.5", "50 % or more"], ["0.75", "75 % or more"], ["0.9", "90 % or more"]];
const SORTS = [["clv", "value"], ["customer_id", "id"], ["p_churn", "churn risk"], ["expected_revenue", "revenue"],
  ["clv_historic", "value so far"], ["tier", "tier"], ["segment", "segment"]];

export function filters(overview, choose) {
  const names = (groups) => [["", "all"], ...groups.filter((each) => each.name !== null).map((each) => [each.name, each.name])];
  const search = h("input", { id: "filter-search", type: "search", spellcheck: "false", autocomplete: "off",
    oninput: settled(200, () => choose({ search: search.value }, { typed: true })) });
  const chosen = {
    tier: select("tier", names(overview.tiers), choose),
    segment: select("segment", names(overview.segments), choose),
    min_p_churn: select("min_p_churn", RISKS, choose),
    sort: select("sort", SORTS, (change) => choose({ ...change, descending: change.sort === "customer_id" ? "false" : "" })),
  };
  return {
    element: h("form", { class: "filters", "aria-label": "Filter", onsubmit: (event) => event.preventDefault() },
      field("filter-search", "Id contains", search),
      field("filter-tier", "Tier", chosen.tier), field("filter-segment", "Segment", chosen.segment),
      field("filter-min_p_churn", "Churn risk", chosen.min_p_churn), field("filter-sort", "Sorted by", chosen.sort)),
    set: (query) => {
      if (document.activeElement !== search) search.value = query.search ?? "";
      for (const [name, each] of Object.entries(chosen)) put(each, query[name] ?? (name === "sort" ? "clv" : ""));
    },
  };
}

const field = (id, label, control) => h("div", { class: "field" }, h("label", { for: id }, label), control);

function select(name, options, choose) {
  const made = h("select", { id: `filter-${name}`, onchange: () => choose({ [name]: made.value }) },
    options.map(([value, text]) => h("option", { value }, text)));
  return made;
}

// An address may name what the list does not offer: it is shown all the same.
function put(made, value) {
  if (![...made.options].some((each) => each.value === value)) made.append(h("option", { value }, value));
  made.value = value;
}
