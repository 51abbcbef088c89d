// Where we are, in the address after the hash: #/customer/12347?margin=0.4

export function here() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [view, ...rest] = path.split("/");
  return { view: view || "overview", value: decoded(rest.join("/")), query: Object.fromEntries(new URLSearchParams(query)) };
}

export function link(view, value = "", query = {}) {
  const given = Object.entries(query).filter(([, each]) => each !== "" && each !== null && each !== undefined);
  const place = view === "overview" ? "" : view + (value === "" ? "" : `/${encodeURIComponent(value)}`);
  return `#/${place}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
}

// Changes what stands in the address without a new entry in the history.
export function restate(address) {
  history.replaceState(null, "", address);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
