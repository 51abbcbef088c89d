"""How many trees a model has and what they look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from train.charts.framing import WIDTH, titled
from train.charts.line_series import LOOKS, PRIOR_LABEL, Series, overlaid, vertical
from train.charts.summaries import readable
from train.charts.theme import INK, MODEL, Spec, percent_axis

# Deviance is shown where it differs, everything else from zero.
LOOSE: Spec = {"zero": False}


def learning_curve(
    rounds: Sequence[int], deviance: Sequence[float], chosen: int, *, model: str = "model"
) -> Spec:
    """Deviance out of time by number of boosting rounds; zero rounds is the probability model."""
    note, found = (
        "no snapshot to evaluate on: the probability model alone",
        [Series("model", LOOKS["model"], [], [])],
    )
    if rounds:
        reached = deviance[list(rounds).index(chosen)]
        note = f"deviance {reached:.4f} against {deviance[0]:.4f}; lower is better"
        ends = [rounds[0], rounds[-1]]
        found = [
            Series("model", (MODEL, (1, 0)), rounds, deviance, dots=True),
            Series(
                "probability model alone (0 rounds)", LOOKS[PRIOR_LABEL], ends, [deviance[0]] * 2
            ),
            Series(f"chosen: {chosen} rounds", LOOKS["mark"], [chosen], [reached]),
        ]
    axis = {"title": "boosting rounds", "tickMinStep": 1, "format": "d"}
    drawn = overlaid(
        found,
        {"type": "quantitative", "axis": axis},
        {
            "type": "quantitative",
            "scale": LOOSE,
            "axis": {"title": "mean deviance, newest snapshot", "tickCount": 6},
        },
    )
    if rounds:
        ring = {"type": "point", "shape": "circle", "size": 240, "strokeWidth": 1.6, "color": INK}
        only = {"transform": [{"filter": {"field": "series", "equal": found[-1].name}}]}
        drawn["layer"] += [
            vertical({"datum": chosen}),
            {"mark": ring, "encoding": {"color": {"value": INK}}, **only},
        ]
    return titled(
        f"How much boosting does the {model} need?",
        note,
        {"width": WIDTH, "height": 260, **drawn},
    )


def importance(
    gains: Mapping[str, float],
    *,
    model: str = "model",
    measure: str = "total gain of all splits",
    top: int = 20,
) -> Spec:
    """The features that count most by some measure, each as its share of the total."""
    total = sum(gains.values()) or 1.0
    shown = sorted(gains.items(), key=lambda pair: pair[1], reverse=True)[:top]
    x = {"field": "share", "type": "quantitative", "axis": percent_axis(f"share of the {measure}")}
    names = {"title": None, "grid": False, "domain": False, "ticks": False, "labelLimit": 260}
    return titled(
        f"What does the {model} look at?",
        f"the first {len(shown)} of {len(gains)} features that its trees use",
        {
            "width": 460,
            "height": {"step": 21},
            "data": {
                "values": [
                    {"feature": readable(name), "share": gain / total} for name, gain in shown
                ]
            },
            "mark": {"type": "bar", "color": MODEL, "height": 14, "cornerRadiusEnd": 2},
            "encoding": {
                "y": {"field": "feature", "type": "nominal", "sort": None, "axis": names},
                "x": x,
            },
        },
    )
