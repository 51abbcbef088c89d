"""Under a limit of virtual memory the drawing library would end the process: it is not started."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, resource.RLIM_INFINITY))
from features.errors import DataError
from train.charts.png import png
try:
    png({})
except DataError as error:
    print(error)
"""


def test_a_limit_of_virtual_memory_is_a_sentence() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert "charts cannot be drawn under a limit of virtual memory (ulimit -v)" in done.stdout
    assert done.returncode == 0, done.stderr
