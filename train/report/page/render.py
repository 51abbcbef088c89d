"""Chapters as one HTML file that needs nothing else: no network, no second file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape

from train.charts.columns import Column, Row
from train.charts.theme import theme
from train.json_values import plain
from train.report.page.components import Card, Cards, Chapter, Part, Picture, Table, Tiles
from train.report.page.number_format import Words
from train.report.page.script import DRAW, libraries
from train.report.page.style import STYLE

# In JSON inside a page these could end the script or begin a comment.
UNSAFE = str.maketrans({each: f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"})
NOTHING = "\u2013"
NUMBERS = {"count", "money", "exact", "percent", "number", "days"}


def render(
    chapters: Sequence[Chapter], words: Words, *, headline: str, over: str, under: str
) -> str:
    """The page; the first chapter stands under the headline, the others below it with a title.

    over, under  a line above the headline, and at the foot of the page
    """
    first, *others = chapters
    scripts = (libraries(), DRAW)
    links = "".join(
        f'<li><a href="#{escape(each.name)}">{escape(each.title)}</a></li>' for each in others
    )
    return "".join(
        [
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="robots" content="noindex">',
            f"<title>{escape(headline)}</title><style>{STYLE}</style></head>\n<body>",
            f"<header><p>{escape(over)}</p><h1>{escape(headline)}</h1>",
            f"{_inside(first, words)}</header>",
            f'<nav aria-label="Chapters"><ul>{links}</ul></nav>\n<main>',
            *(_section(each, words) for each in others),
            f"</main>\n<footer><p>{escape(under)}</p></footer>",
            *_data(chapters),
            *(f"<script>{each}</script>\n" for each in scripts),
            "</body></html>\n",
        ]
    )


def _policy(scripts: Sequence[str]) -> str:
    """Only these scripts, and nothing from anywhere."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'"
        for each in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _data(chapters: Sequence[Chapter]) -> list[str]:
    """Every number that is shown, and how the pictures are drawn from them."""
    numbers = {
        each.name: {
            "numbers": each.numbers,
            "pictures": {part.name: part.rows for part in each.parts if isinstance(part, Picture)},
            "tables": {part.name: part.rows for part in each.parts if isinstance(part, Table)},
        }
        for each in chapters
    }
    specs = {
        each.name: {part.name: part.spec for part in each.parts if isinstance(part, Picture)}
        for each in chapters
    }
    documents = {"numbers": numbers, "pictures": {"theme": theme(), "specs": specs}}
    return [
        f'<script type="application/json" id="{name}">{_embedded(each)}</script>\n'
        for name, each in documents.items()
    ]


def _embedded(document: object) -> str:
    text = json.dumps(plain(document), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return text.translate(UNSAFE)


def _section(chapter: Chapter, words: Words) -> str:
    return (
        f'<section id="{escape(chapter.name)}"><h2>{escape(chapter.title)}</h2>'
        f"{_inside(chapter, words)}</section>\n"
    )


def _inside(chapter: Chapter, words: Words) -> str:
    sentences = "".join(
        f'<p class="{"more" if place else "lead"}">{escape(sentence)}</p>'
        for place, sentence in enumerate(chapter.sentences)
    )
    return sentences + "".join(_part(each, chapter.name, words) for each in chapter.parts)


def _part(part: Part, chapter: str, words: Words) -> str:
    match part:
        case Picture():
            return _picture(part, chapter, words)
        case Table():
            return (
                f'<div class="tabled"><h3>{escape(part.title)}</h3>'
                f'<p class="caption">{escape(part.caption)}</p>'
                f"{_table(part.columns, part.rows, words)}</div>"
            )
        case Tiles():
            tiles = "".join(
                f'<div class="tile"><span>{escape(each.label)}</span><b>{escape(each.value)}</b>'
                f"<span>{escape(each.note)}</span></div>"
                for each in part.tiles
            )
            return f'<div class="tiles">{tiles}</div>'
        case Cards():
            return f'<div class="cards">{"".join(_card(each) for each in part.cards)}</div>'


def _picture(picture: Picture, chapter: str, words: Words) -> str:
    place = escape(f"{chapter}/{picture.name}")
    label = escape(f"{picture.title}: {picture.caption}")
    return (
        f"<figure><h3>{escape(picture.title)}</h3>"
        f'<figcaption class="caption">{escape(picture.caption)}</figcaption>'
        f'<div class="picture" data-picture="{place}" role="img" aria-label="{label}">'
        '<p class="waits">The picture is drawn by JavaScript; its numbers are below.</p></div>'
        f"<details><summary>The numbers</summary>{_table(picture.columns, picture.rows, words)}"
        "</details></figure>"
    )


def _card(card: Card) -> str:
    bars = "".join(
        f'<div class="share"><span>{escape(label)}</span><b>{escape(shown)}</b>'
        f'<span class="bar"><i style="width:{max(0.0, min(1.0, share)):.1%}"></i></span></div>'
        for label, share, shown in card.shares
    )
    return f'<div class="card"><h3>{escape(card.title)}</h3><p>{escape(card.text)}</p>{bars}</div>'


def _table(columns: Sequence[Column], rows: Sequence[Row], words: Words) -> str:
    heads = "".join(f"<th{_class(each)}>{escape(each.heading)}</th>" for each in columns)
    lines = "".join(
        "<tr>"
        + "".join(
            f"<td{_class(each)}>{escape(_cell(row.get(each.key), each, words))}</td>"
            for each in columns
        )
        + "</tr>"
        for row in rows
    )
    wide = ' class="wide"' if len(columns) > 4 else ""
    return (
        f'<div class="scroll"><table{wide}><thead><tr>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _cell(value: object, column: Column, words: Words) -> str:
    return NOTHING if value is None else words.format_field(value, column.kind)


def _class(column: Column) -> str:
    if column.kind in NUMBERS:
        return ' class="n"'
    if column.key == "customer":
        return ' class="id"'
    return ' class="d"' if column.kind == "date" else ""
