"""How many customers it takes to learn from them, and a number for each."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEWEST_CUSTOMERS = 20


def customer_codes(customers: pd.Index[str]) -> NDArray[np.int64]:
    """A whole number per customer id, >= 0, the same in every table and every run."""
    hashes = pd.util.hash_array(customers.to_numpy(dtype=object))
    return np.asarray(hashes >> np.uint64(1), dtype=np.int64)
