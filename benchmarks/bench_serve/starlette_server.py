"""The same two boosters behind bare Starlette: no checks, no prior, no metrics, no intervals."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from models.bundle import load
from models.purchases.bundle import PurchaseBundle


def application() -> Starlette:
    """The application; the environment names the folder of the bundle."""
    bundle = load(Path(os.environ["BENCH_BUNDLE"]))
    if not isinstance(bundle, PurchaseBundle):
        raise TypeError("a model of subscriptions has one booster only: bring one of purchases")
    names, levels = bundle.names, bundle.card.levels
    codes = {name: {text: place for place, text in enumerate(levels[name])} for name in levels}

    async def predict(request: Request) -> JSONResponse:
        rows = (await request.json())["rows"]
        cells = [
            [codes[name].get(row[name]) if name in codes else row[name] for name in names]
            for row in rows
        ]
        matrix = np.array(cells, dtype=np.float32)
        churn = bundle.churn.inplace_predict(matrix)
        spend = bundle.spend.inplace_predict(matrix)
        answers = zip(rows, churn.tolist(), spend.tolist(), strict=True)
        return JSONResponse(
            {
                "predictions": [
                    {"customer_id": row["customer_id"], "p_churn": p, "expected_spend": s}
                    for row, p, s in answers
                ]
            }
        )

    async def ready(request: Request) -> PlainTextResponse:
        return PlainTextResponse("ready")

    routes = [Route("/predict_features", predict, methods=["POST"]), Route("/readyz", ready)]
    found = Starlette(routes=routes)
    gc.collect()
    gc.freeze()
    return found
