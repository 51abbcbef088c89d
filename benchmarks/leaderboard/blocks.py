"""A document of headings, sentences and tables, as Markdown and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from train.report.page.style import STYLE

TABLES = ".scroll { margin: .6rem 0 1.4rem; }"


@dataclass(frozen=True)
class Cell:
    """A text of a table; bold where it is the best, or ours."""

    text: str
    bold: bool = False


@dataclass(frozen=True)
class Table:
    """Heads and rows; the first `words` columns are words, the others numbers."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    words: int = 1


@dataclass(frozen=True)
class Heading:
    """The title of what follows, until the next."""

    text: str


Block = Heading | Table | str


def markdown(blocks: Sequence[Block]) -> str:
    """For docs/accuracy.md."""
    return "\n\n".join(_markdown(each) for each in blocks) + "\n"


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"### {block.text}"
    if isinstance(block, str):
        return block
    numbers = len(block.heads) - block.words
    lines = [[*block.heads], ["---"] * block.words + ["---:"] * numbers]
    lines += [
        [f"**{each.text}**" if each.bold else each.text for each in row] for row in block.rows
    ]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


def html(blocks: Sequence[Block]) -> str:
    """One file that needs nothing else, in the style of the report."""
    body = []
    for each in blocks:
        if isinstance(each, Heading):
            body.append(f"</section>\n<section><h2>{escape(each.text)}</h2>")
        else:
            body.append(_html(each))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Leaderboard</title><style>{STYLE}{TABLES}</style></head>\n<body>"
        f"<header><h1>Leaderboard</h1></header>\n<main><section>{''.join(body)}</section></main>"
        "</body></html>\n"
    )


def _html(block: Table | str) -> str:
    if isinstance(block, str):
        parts = escape(block).split("**")
        bold = "".join(f"<b>{each}</b>" if at % 2 else each for at, each in enumerate(parts))
        return f'<p class="lead">{bold}</p>'
    heads = "".join(
        f"<th{_aligned(at, block)}>{escape(each)}</th>" for at, each in enumerate(block.heads)
    )
    rows = "".join(
        "<tr>" + "".join(_cell(each, _aligned(at, block)) for at, each in enumerate(row)) + "</tr>"
        for row in block.rows
    )
    return (
        f'<div class="scroll"><table class="wide"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _cell(cell: Cell, aligned: str) -> str:
    text = escape(cell.text)
    return f"<td{aligned}>{f'<b>{text}</b>' if cell.bold else text}</td>"


def _aligned(column: int, table: Table) -> str:
    """Names of models and dates stay on one line; the last words, which may be long, do not."""
    if column >= table.words:
        return ' class="n"'
    return "" if column == len(table.heads) - 1 else ' class="d"'
