// The model that answers: asked for once, and the words that fit what it has learnt from.

import { get } from "./api.js";
import { daysText } from "./format.js";

let known = null;

export function theModel() {
  known ??= get("/model").catch((error) => {
    known = null;
    throw error;
  });
  return known;
}

// Where customers have contracts, to leave is to cancel, and value goes on after the horizon.
export async function words() {
  const { relationship } = await theModel().catch(() => ({}));
  const contract = relationship === "contract";
  return {
    contract,
    value: (days) => (contract ? "Value of the contract" : `Value of the next ${daysText(days)}`),
    valueOfAll: (days) => (contract ? "margin of the contracts, discounted" : `margin of the next ${daysText(days)}, discounted`),
    leaves: (days) => `${contract ? "cancels" : "buys nothing"} in ${daysText(days)}`,
    leave: (days) => `${contract ? "cancel" : "buy nothing"} in ${daysText(days)}, on average`,
    soFar: contract ? "margin on all that was paid" : "margin on all that was bought",
    otherwise: contract ? "if it goes on: " : "if anything is bought: ",
    first: contract ? "By when they began." : "By when they first bought.",
  };
}
