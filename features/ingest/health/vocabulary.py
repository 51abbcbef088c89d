"""Words by which columns and their values are known, in the languages of the exports seen most."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

NOBODY = {
    *("guest", "guests", "gast", "invité", "invitado", "ospite", "convidado", "gość", "misafir"),
    *("unknown", "unbekannt", "inconnu", "anonymous", "anonym", "anonyme", "walk-in", "walkin"),
    *("walk in", "no customer", "cash", "pos", "0", "-1", "1", "999", "9999", "99999", "999999"),
    *("000000", "00000000-0000-0000-0000-000000000000", "x", "?", ".", "undefined", "nil"),
}
# What a name says, by one of its words or, in one word of several, by how it ends.
STATUS = ("status", "zustand", "statut", "estado", "stato", "durum", "state", "статус")
CURRENCY = (
    *("currency", "währung", "waehrung", "devise", "monnaie", "moneda", "divisa", "valuta"),
    *("moeda", "waluta", "валюта", "ccy", "通貨", "货币", "币种"),
)
TEST = ("test", "testmode", "sandbox", "demo", "testorder", "prueba", "prova", "teste")
LIVE = ("livemode", "live", "production")
QUANTITY = (
    *("quantity", "qty", "quantities", "menge", "anzahl", "stück", "stueck", "quantité"),
    *("quantite", "qte", "qté", "cantidad", "quantità", "quantita", "quantidade", "qtd", "qtde"),
    *("aantal", "antal", "ilość", "ilosc", "adet", "units", "количество", "数量"),
)
PRICE = (
    *("price", "unitprice", "preis", "prix", "precio", "prezzo", "preço", "preco", "prijs"),
    *("pris", "cena", "fiyat", "цена", "単価", "单价"),
)
WHOLE = (
    *("total", "subtotal", "sum", "line", "gesamt", "gesamtpreis", "summe", "extended", "order"),
    *("paid", "revenue", "importe", "montant"),
)
# How words begin that say of an order that nothing, or not all, of it was earned.
REFUNDED = (
    *("refund", "chargeback", "charged back", "return", "reversed", "erstattet", "retour"),
    *("rückerstattet", "rueckerstattet", "zurückerstattet", "rembours", "reembols", "devuelt"),
    *("devolvid", "rimbors", "terugbetaald", "zwrot", "zwróc", "iade", "återbetald", "возвра"),
    *("返金", "退款"),
)
UNEARNED = (
    *("fail", "cancel", "void", "declin", "pending", "abandon", "expired", "unpaid", "not paid"),
    *("on hold", "reject", "denied", "fraud", "draft", "disputed", "storn", "fehlgeschlagen"),
    *("abgebrochen", "abgelehnt", "ausstehend", "unbezahlt", "annul", "échou", "echou", "refus"),
    *("en attente", "impay", "fallid", "falh", "pendient", "pendent", "rechaz", "recusad"),
    *("anulad", "rifiutat", "in attesa", "geannuleerd", "mislukt", "anulowan", "nieopłac"),
    *(
        "oczekuj",
        "odrzuc",
        "iptal",
        "ba\u015far\u0131s\u0131z",
        "bekle",
        "avbruten",
        "misslyck",
        "mislyk",
    ),
    *("kansell", "отмен", "неудач", "ожида", "отклон", "キャンセル", "失敗", "取消", "失败"),
)
EARNED = (
    *("paid", "complete", "succe", "ship", "deliver", "processing", "process", "fulfil", "captur"),
    *("settled", "closed", "confirm", "sale", "sold", "payment", "approved", "authori", "ok"),
    *("purchase", "order", "charge", "bezahlt", "erledigt", "abgeschlossen", "versandt", "verkauf"),
    *("geliefert", "payé", "paye", "livré", "terminé", "expédi", "pagad", "pagat", "pago"),
    *("entreg", "enviad", "consegn", "betaald", "voltooid", "verzonden", "opłac", "zapłac"),
    *("zrealiz", "öden", "tamam", "betald", "levere", "оплач", "достав", "заверш", "完了"),
    *("支払", "已付款", "已完成"),
)
TRUE = {"true", "yes", "1", "t", "y", "ja", "oui", "si", "sí", "sim", "test", "sandbox", "demo"}
FALSE = {"false", "no", "0", "f", "n", "nein", "non", "nej"}
MODES = {"live", "test", "production", "prod", "sandbox", "demo", "staging"}
TEST_MODES = {"test", "sandbox", "demo", "staging"}
CODES = {
    *("AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP"),
    *("EUR", "GBP", "HKD", "HRK", "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KES", "KRW", "KZT"),
    *("MAD", "MXN", "MYR", "NGN", "NOK", "NZD", "PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RSD"),
    *("RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "UYU", "VND", "ZAR"),
}


def named(column: str, words: Sequence[str]) -> bool:
    """Whether a column's name says one of these words."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", column).lower()
    parts = re.split(r"[\W_]+", apart)
    return any(part == word or (len(word) > 4 and part.endswith(word))
               for part in (*parts, "".join(parts)) for word in words)  # fmt: skip


def says(value: str, stems: Sequence[str]) -> bool:
    """Whether a word of a value begins like one of these."""
    spaced = " " + re.sub(r"[\W_]+", " ", value.lower())
    return any(f" {stem}" in spaced for stem in stems)


def toml_list(key: str, column: str, values: Sequence[str]) -> str:
    """The line of a configuration: `data.drop.status = ["failed", "void"]`."""
    bare = re.fullmatch(r"[A-Za-z0-9_-]+", column)
    name = column if bare else json.dumps(column, ensure_ascii=False)
    return f"data.{key}.{name} = {json.dumps(list(values), ensure_ascii=False)}"
