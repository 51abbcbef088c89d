"""What the health check finds: a sentence with numbers, under a name that stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from features.errors import DataError

COUNTED = "finding: "


@dataclass(frozen=True)
class Finding:
    """Something that is probably not as the configuration says.

    name      of the kind, the same in every version
    sentence  what was found, in numbers, and which key settles it
    number    how many rows, orders, ids or months it is about
    no_ids    the sentence without anybody's id; "" where it names none
    """

    name: str
    sentence: str
    number: int
    no_ids: str = field(default="", compare=False)

    @property
    def anonymous(self) -> str:
        """The sentence for readers who are to see nobody's id."""
        return self.no_ids or self.sentence


def counted(findings: Sequence[Finding]) -> dict[str, int]:
    """The findings as counts: by name, beside those of rows."""
    return {f"{COUNTED}{each.name}": each.number for each in findings}


def by_name(findings: Sequence[Finding]) -> dict[str, int]:
    """The number of each finding, for a JSON result."""
    return {each.name: each.number for each in findings}


def require_none(source: str, findings: Sequence[Finding]) -> None:
    """Raises DataError, in one sentence that lists them, where there are findings."""
    if findings:
        listed = "; ".join(
            f"({place}) {each.sentence}" for place, each in enumerate(findings, start=1)
        )
        many = f"{len(findings)} findings" if len(findings) > 1 else "a finding"
        raise DataError(f"{source}: --strict refuses {many} of the health check: {listed}")


def share(part: int, whole: int) -> str:
    """A share for a sentence: `3.5 %`, `42 %`."""
    percent = 100 * part / whole
    return f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %"


def some(values: Sequence[str], most: int = 3) -> str:
    """The first values in a sentence."""
    return ", ".join(values[:most]) + (", …" if len(values) > most else "")
