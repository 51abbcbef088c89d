"""Cases of JSON files: arrays, lines, and members of members."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.intake_cases.case import TWO, Case, refused, right

ROWS: list[dict[str, Any]] = [
    {"customer_id": "u", "timestamp": "2024-01-05", "amount": 10, "more": {"a": [1]}},
    {"customer_id": "v", "timestamp": "2024-01-06", "amount": "20.5"},
]
CASES: tuple[Case, ...] = (
    right("json-array", json.dumps(ROWS), TWO, file="log.json"),
    right("json-lines", "\n".join(map(json.dumps, ROWS)), TWO, file="log.jsonl"),
    right("json-pretty", json.dumps(ROWS, indent=2), TWO, file="log.json"),
    right("json-bom", ("\ufeff" + json.dumps(ROWS)).encode(), TWO, file="log.json"),
    right("json-blank-lines", "\n\n".join(map(json.dumps, ROWS)) + "\n\n", TWO, file="log.jsonl"),
    right("json-unicode", json.dumps([{**ROWS[0], "customer_id": "Zoë"}]), {"Zoë": 10},
          file="log.json"),
    right("json-big-ids", json.dumps([{**ROWS[0], "customer_id": 12345678901234567890123}]),
          {"12345678901234567890123": 10}, file="log.json"),
    right("json-nested-id", json.dumps([{**ROWS[0], "customer": {"id": 7}}]), {"7": 10},
          file="log.json", columns={"customer_id": "customer.id"}),
    right("json-name-with-point", json.dumps([{**ROWS[0], "customer.id": 7}]), {"7": 10},
          file="log.json", columns={"customer_id": "customer.id"}),
    refused("json-object-as-id", json.dumps([{**ROWS[0], "customer": {"id": 7}}]),
            "one value a row", file="log.json", columns={"customer_id": "customer"}),
    refused("json-list-as-id", json.dumps([{**ROWS[0], "customer": [7]}]), "one value a row",
            file="log.json", columns={"customer_id": "customer"}),
    right("json-text-like-an-object", json.dumps([{**ROWS[0], "customer_id": "{7}"}]), {"{7}": 10},
          file="log.json"),
    refused("json-no-such-key", json.dumps(ROWS), "no column 'kind'", file="log.json",
            columns={"category": "kind"}),
    right("json-key-sometimes", json.dumps([{**ROWS[0], "kind": "a"}, ROWS[1]]), TWO,
          file="log.json", columns={"category": "kind"}),
    right("json-key-null", json.dumps([{**ROWS[0], "kind": None}, ROWS[1]]), TWO,
          file="log.json", columns={"category": "kind"}),
    refused("json-missing-amount", json.dumps([ROWS[0], {"customer_id": "v", "timestamp":
            "2024-01-05"}]), "data.missing", file="log.json"),
    refused("json-object-with-list", json.dumps({"orders": ROWS}), "no column", file="log.json"),
    refused("json-truncated", json.dumps(ROWS)[:-9], "cannot be read as json", file="log.json"),
    refused("json-empty-list", "[]", "holds no rows", file="log.json"),
    refused("json-scalars", "[1, 2]", "no column", file="log.json"),
    refused("json-cp1252", json.dumps([{**ROWS[0], "customer_id": "Zoë"}], ensure_ascii=False)
            .encode("cp1252"), "data.encoding", file="log.json"),
)  # fmt: skip
