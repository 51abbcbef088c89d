// Questions to the service. Whatever goes wrong is an ApiError with one sentence for people.

import { askForKey, key } from "./key.js";

export class ApiError extends Error {
  constructor(message, status = 0, code = "") {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export async function get(path, query = {}, signal = undefined) {
  return (await ask(address(path, query), { signal })).json();
}

export async function getBlob(path, query = {}) {
  return (await ask(address(path, query), {})).blob();
}

export async function post(path, body) {
  return (await ask(path, { method: "POST", headers: { "content-type": "application/json" }, body })).json();
}

export function customerPath(id) {
  // a browser takes these for a way up, however they are written
  if (id === "." || id === "..") throw new ApiError("A browser cannot ask for an id of dots alone; POST /lookup can.");
  return `/customers/${encodeURIComponent(id)}`;
}

function address(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

async function ask(where, options) {
  for (;;) {
    const used = key();
    const response = await sent(where, options, used);
    if (response.ok) return response;
    if (response.status === 401) {
      // subtle: another question may have brought a key meanwhile
      if (key() !== used || await askForKey()) continue;
    }
    throw await errorFrom(response);
  }
}

async function sent(where, options, used) {
  const headers = { ...options.headers };
  if (used) headers.authorization = `Bearer ${used}`;
  try {
    return await fetch(where, { ...options, headers, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (/[^\x20-\x7e]/.test(used) && await askForKey()) return sent(where, options, key());
    throw new ApiError("The service cannot be reached. Is it still running?");
  }
}

async function errorFrom(response) {
  try {
    const { error } = await response.json();
    return new ApiError(error.message, response.status, error.code);
  } catch {
    return new ApiError(`The service answered with status ${response.status}.`, response.status);
  }
}
