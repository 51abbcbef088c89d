// The page: shows the view that the address names, and the search above it.

import { ApiError } from "./api.js";
import { showCustomer } from "./customer.js";
import { at, h } from "./dom.js";
import { showList } from "./list.js";
import { showOverview } from "./overview.js";
import { theModel } from "./model.js";
import { here } from "./route.js";
import { startSearch } from "./search.js";
import { date } from "./format.js";
import { errorView } from "./error_view.js";
import { showTryIt } from "./try_it.js";

const VIEWS = { overview: showOverview, list: showList, customer: showCustomer, try: showTryIt };
let shown = { view: "", value: "", again: null, left: new AbortController() };

async function show() {
  const route = here();
  if (route.view === shown.view && route.value === shown.value && shown.again) {
    shown.again(route.query);
    return;
  }
  const first = shown.view === "";
  shown.left.abort();
  const left = new AbortController();
  shown = { view: route.view, value: route.value, again: null, left };
  const place = h("div", { class: "view" });
  at("main").replaceChildren(place);
  mark(route.view);
  try {
    const draw = VIEWS[route.view];
    if (!draw) throw new ApiError("There is no such view; the ones that there are stand above.");
    const again = await draw(place, route, left.signal);
    if (!left.signal.aborted) shown.again = again ?? null;
  } catch (error) {
    if (left.signal.aborted) return;
    if (!(error instanceof ApiError)) console.error(error);
    place.replaceChildren(errorView(error));
  }
  if (left.signal.aborted) return;
  const heading = place.querySelector("h1");
  document.title = heading ? `${heading.textContent} · Perennial` : "Perennial";
  if (!first && !at("key").open && heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function mark(view) {
  for (const each of document.querySelectorAll("nav a")) {
    if (each.dataset.view === view) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  }
}

async function showModel() {
  try {
    const model = await theModel();
    at("model").replaceChildren(
      `Answers come from ${model.name}, version ${model.version}, trained on what was known by `,
      date(model.trained_as_of), ". Programs find everything in ", h("a", { href: "/docs.json" }, "/docs.json"), ".",
      model.notice ? h("span", { class: "notice" }, ` ${model.notice}`) : "");
  } catch (error) {
    at("model").textContent = error.message;
  }
}

at("skip").addEventListener("click", (event) => {
  event.preventDefault();
  at("main").focus();
});
addEventListener("hashchange", show);
startSearch();
show();
showModel();
