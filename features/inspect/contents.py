"""What a column can be by what it holds: a moment, a number, a currency, a flag, a status."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import duckdb

from features.config.source_format import SourceFormat
from features.ingest.advice import date_patterns
from features.ingest.columns.cast import FLOATS, WHOLE, is_text
from features.ingest.columns.flags import FALSE, TRUE
from features.ingest.columns.moments import INSTANTS, WALL_CLOCKS, moment_cast
from features.ingest.columns.money import SIGNS
from features.ingest.queries import number
from features.inspect.columns import TABLE, Column
from features.inspect.names import likeness, listed, plain

ISO = ""
NUMBER = re.compile(
    r"[-+(\u2212]?\s*([^\d\s,()+-]{1,4})?\s*[-+(\u2212]?\s*\d[\d.,'\u2019\s]*([eE][-+]?\d+)?\s*[-)\u2212]?"
    r"\s*([^\d\s,()+-]{1,4})?\s*[-)]?"
)
FRACTION = re.compile(r".*\d[.,]\d{1,2}(?!\d)\D*")
BEGINS_ISO = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}")
LIKE_DATE = re.compile(r"\d{1,4}[-/. ]|\d{8}|[^\W\d_]{3,9}\.? \d")
CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([AaPp][Mm])?")
BAD = """
    cancelled; canceled; cancel; void; voided; failed; failure; declined; rejected; pending
    expired; chargeback; disputed; fraud; suspected fraud; draft; abandoned; unpaid; incomplete
    on hold; pending payment; payment review; checkout draft; error; trash; requires action
    requires payment method; uncaptured; authorized; test; storniert; abgebrochen; fehlgeschlagen
    offen; ausstehend; abgelehnt; annule; annulee; echoue; echouee; attente; refuse; refusee
    en attente; cancelado; cancelada; anulado; anulada; fallido; fallida; pendiente; rechazado
    falhou; pendente; recusado; annullato; annullata; fallito; attesa; in attesa; rifiutato
    geannuleerd; mislukt; openstaand; in afwachting; geweigerd; anulowane; anulowany; anulowana
    odrzucone; nieudane; oczekujace; wc cancelled; wc failed; wc pending; wc on hold"""
RETURNED = """
    refunded; refund; returned; return; fully refunded; erstattet; retourniert; ruckerstattet
    rembourse; remboursee; retourne; reembolsado; reembolsada; devuelto; devolvido; rimborsato
    restituito; terugbetaald; geretourneerd; zwrocone; zwrot; wc refunded"""
GOOD = """
    paid; complete; completed; processing; shipped; delivered; fulfilled; success; succeeded
    captured; closed; settled; approved; ok; done; partially refunded; partially paid; invoiced
    bezahlt; versendet; versandt; abgeschlossen; geliefert; zugestellt; payee; paye; livre; livree
    expedie; expediee; terminee; termine; pagado; pagada; entregado; enviado; completado; pago
    entregue; concluido; pagato; spedito; consegnato; completato; betaald; verzonden; geleverd
    voltooid; afgerond; oplacone; wyslane; dostarczone; zrealizowane; zakonczone; wc completed
    wc processing"""


def moment_formats(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[Column]
) -> dict[str, list[str]]:
    """Column -> how its moments may be written: ISO, patterns, or a number's meaning.

    Several where it cannot be told from the values. Columns that hold no moments are left out.
    """
    found = {each.name: _formats(connection, each) for each in columns}
    return {name: formats for name, formats in found.items() if formats}


def _formats(connection: duckdb.DuckDBPyConnection, column: Column) -> list[str]:
    if column.kind in (*WALL_CLOCKS, *INSTANTS):
        return [ISO]
    if is_text(column.kind):
        if all(BEGINS_ISO.match(each) for each in column.samples) and _is_iso(connection, column):
            return [ISO]
        is_like = all(LIKE_DATE.match(each) for each in column.samples)
        if is_like and (patterns := _wide(date_patterns(column.samples))):
            return patterns
    elif column.kind not in WHOLE and column.kind not in FLOATS:
        return []
    formats = _numbered(column)
    named = any(likeness(column.name, role) for role in ("moment", "start", "cancelled"))
    return formats if named else []


def _is_iso(connection: duckdb.DuckDBPyConnection, column: Column) -> bool:
    cast = moment_cast(column.name, column.kind, SourceFormat())
    misfit = f"NOT ({cast.blank}) AND ({cast.misfit})"
    return not number(connection, f"SELECT count_if({misfit}) FROM {TABLE}")


def is_clock(column: Column) -> bool:
    """Whether a column holds times of day."""
    return column.kind == "TIME" or all(CLOCK.fullmatch(each) for each in column.samples)


def is_number(column: Column) -> bool:
    """Whether a column holds numbers, in whatever way they are written."""
    if column.kind in WHOLE or column.kind in FLOATS or column.kind.startswith("DECIMAL"):
        return True
    return is_text(column.kind) and all(NUMBER.fullmatch(each) for each in column.samples)


def has_fractions(column: Column) -> bool:
    """Whether some of the numbers have a fraction, as money has."""
    return is_number(column) and any(FRACTION.fullmatch(each) for each in column.samples)


def is_currency(column: Column) -> bool:
    """Whether a column holds codes of currencies."""
    return all(re.fullmatch("[A-Za-z]{3}", each) for each in column.samples)


def is_flag(column: Column) -> bool:
    """Whether a column says yes or no."""
    bare = {each.lower().removesuffix(".0") for each in column.samples}
    return column.kind == "BOOLEAN" or bare <= {*TRUE, *FALSE}


def is_email(column: Column) -> bool:
    """Whether a column holds addresses of mail."""
    return sum("@" in each for each in column.samples) > len(column.samples) / 2


def is_status(column: Column) -> bool:
    """Whether a column says how it went with an order."""
    known = {plain(each) for each in listed(BAD) + listed(RETURNED) + listed(GOOD)}
    return column.distinct <= 50 and any(plain(each) in known for each in column.samples)


def statuses(found: list[str], words: str) -> list[str]:
    """Those of the values that mean one of these words."""
    known = {plain(each) for each in listed(words)}
    return [each for each in found if plain(each) in known]


def currency_of_signs(column: Column) -> str | None:
    """The currency whose sign or code stands beside the numbers of a column."""
    marks = {_mark(each) for each in column.samples} - {""}
    if len(marks) != 1:
        return None
    [mark] = marks
    known = {"$": "USD"} | {sign: code for code, all_ in reversed(SIGNS.items()) for sign in all_}
    known = {_mark(sign): code for sign, code in known.items()} | {"$": "USD", "£": "GBP"}
    if mark.upper() in SIGNS:
        return mark.upper()
    return known.get(mark)


def _mark(text: str) -> str:
    """What stands beside the number."""
    return re.sub(r"[\d.,'()+\s\u2019\u2212-]", "", text)


def _wide(patterns: list[str]) -> list[str]:
    """Without two-digit years where four digits fit, too."""
    return [each for each in patterns if "%Y" in each] or patterns


def _numbered(column: Column) -> list[str]:
    texts = [each.removesuffix(".0") for each in column.samples]
    if all(re.fullmatch(r"(19|20)\d{6}", each) for each in texts) and all(map(_is_day, texts)):
        return ["%Y%m%d"]
    if all(re.fullmatch(r"[89]\d{8}(\.\d+)?|1\d{9}(\.\d+)?", each) for each in texts):
        return ["epoch_s"]
    if all(re.fullmatch(r"[89]\d{11}|1\d{12}", each) for each in texts):
        return ["epoch_ms"]
    if all(re.fullmatch(r"[2-6]\d{4}(\.\d+)?", each) for each in texts):
        return ["excel"]
    return []


def _is_day(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y%m%d")
    except ValueError:
        return False
    return True
