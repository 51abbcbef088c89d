"""Maximum likelihood over log parameters, from the first start that ends inside its bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[np.float64]
Bounds = Sequence[tuple[float, float]]


def maximise(
    mean_log_likelihood: Callable[[Array], tuple[float, Array]],
    starts: Sequence[Sequence[float]],
    bounds: Bounds,
) -> Array:
    """The parameters of the highest mean log likelihood found, shape (parameters,).

    mean_log_likelihood  parameters -> value and gradient

    A later start is tried only where those before ended at a bound, as tiny or odd data make them.
    """

    def objective(parameters: Array) -> tuple[float, Array]:
        value, gradient = mean_log_likelihood(parameters)
        return -value, -gradient

    fits = []
    for start in starts:
        fits.append(
            minimize(
                objective,
                np.array(start),
                jac=True,
                method="L-BFGS-B",
                bounds=bounds,
                options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-6},
            )
        )
        low, high = np.array(bounds).T
        if np.all((fits[-1].x > low + 1e-3) & (fits[-1].x < high - 1e-3)):
            break
    return np.asarray(min(fits, key=lambda found: float(found.fun)).x)
