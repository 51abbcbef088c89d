"""What columns are called in eight languages, by the role that they play."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Words that tell nothing, as "the" in "number of the order".
STOP = {
    *("of", "the", "de", "du", "des", "la", "le", "les", "l", "d", "del", "della", "di", "da"),
    *("do", "dos", "das", "van", "von", "der", "den", "n", "no"),
}
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "ø": "o", "Ø": "O"})
# The likeliest first: what is found first wins. Letters without accents, as `plain` writes them.
NAMES = {
    "customer": """
        customer id; client id; user id; buyer id; member id; account id; contact id; household id
        customer number; customer code; customer key; customer no; customer; client; buyer; user
        member; donor id; donor; household; kundennummer; kunden nr; kundennr; kunden id; kundenid
        kunde; numero client; code client; id client; identifiant client; id cliente
        codigo cliente; numero cliente; cod cliente; codice cliente; cliente; klantnummer
        klant nummer; klant id; klantnr; klant; id klienta; numer klienta; nr klienta; klient
        customer email; buyer email; client email; email address; email; e mail; mail
        e mail adresse; adresse e mail; correo electronico; correo; emailadres; customer name
        customerid; clientid; userid; cust id; uid""",
    "order": """
        order id; order number; order nr; order ref; order reference; order key; orderid
        invoice id; invoice number; invoice nr; invoice; transaction id; transaction number
        receipt id; receipt number; receipt; basket id; basket; ticket id; ticket; order
        bestellnummer; bestell nr; bestellnr; bestell id; auftragsnummer; auftragsnr
        rechnungsnummer; rechnungsnr; belegnummer; belegnr; bonnummer; beleg; bestellung; auftrag
        numero commande; id commande; ref commande; reference commande; commande; numero facture
        facture; numero pedido; id pedido; codigo pedido; num pedido; pedido; numero factura
        factura; fatura; nota fiscal; numero ordine; id ordine; codice ordine; ordine; fattura
        scontrino; ordernummer; bestelnummer; bestelling; factuurnummer; factuur
        numer zamowienia; nr zamowienia; id zamowienia; zamowienie; numer faktury; faktura
        paragon; order no; invoice no""",
    "moment": """
        order date; ordered at; order time; order timestamp; purchase date; purchased at
        purchase timestamp; invoice date; transaction date; transaction time; sale date
        created at; date created; created date; created; placed at; timestamp; date time
        datetime; event time; paid at; payment date; ts; date; day; when; time
        bestelldatum; auftragsdatum; rechnungsdatum; kaufdatum; belegdatum; buchungsdatum
        zeitstempel; erstellt am; datum; tag; date commande; date achat; date facture
        date vente; fecha pedido; fecha compra; fecha venta; fecha factura; fecha hora; fecha
        data pedido; data compra; data venda; data ordine; data acquisto; data vendita
        data fattura; orderdatum; besteldatum; aankoopdatum; factuurdatum; data zamowienia
        data zakupu; data sprzedazy; data faktury; data""",
    "clock": "time; time day; uhrzeit; zeit; heure; hora; ora; tijd; tijdstip; godzina; czas",
    "line": """
        line total; line amount; total line; line price; line value; item total; extended price
        positionssumme; zeilensumme; total ligne; montant ligne; total linea; importe linea
        total linha; totale riga; importo riga; regeltotaal; wartosc pozycji""",
    "amount": """
        amount; net amount; total amount; amount total; order total; order amount; order value
        total price; total paid; total order; grand total; total; net sales; sales; sales amount
        revenue; turnover; spend; spent; gross amount; net total; value; order totals; paid
        gesamtbetrag; gesamtsumme; gesamtpreis; bestellwert; betrag; summe; umsatz; gesamt
        montant total; montant ttc; montant; total ttc; chiffre affaires; importe total; importe
        monto total; monto; total pedido; valor total; valor pedido; valor; totale ordine; totale
        importo totale; importo; totaalbedrag; totaal; bedrag; omzet; ordertotaal
        kwota zamowienia; wartosc zamowienia; kwota; wartosc; suma; razem; subtotal; gross; net
        zwischensumme; sous total; brutto; netto""",
    "price": """
        unit price; price unit; price per unit; price each; item price; unit cost; price
        einzelpreis; stueckpreis; stuckpreis; preis pro stuck; preis; prix unitaire; prix
        precio unitario; precio; preco unitario; valor unitario; preco; prezzo unitario; prezzo
        stukprijs; eenheidsprijs; prijs; cena jednostkowa; cena""",
    "quantity": """
        quantity; qty; quantity ordered; qty ordered; quantity purchased; units; unit count
        item count; pieces; menge; anzahl; stuckzahl; stueckzahl; stuck; quantite; qte; cantidad
        unidades; cant; quantidade; qtd; qtde; quantita; qta; aantal; hoeveelheid; ilosc; sztuk""",
    "currency": """
        currency; currency code; order currency; iso currency; wahrung; waehrung; devise; monnaie
        moneda; divisa; moeda; valuta; waluta""",
    "refunded": """
        refunded amount; amount refunded; refund amount; total refunded; refunded total; refunded
        refund; erstattungsbetrag; erstatteter betrag; erstattet; ruckerstattung; erstattung
        montant rembourse; rembourse; importe reembolsado; monto reembolsado; reembolsado
        reembolso; valor reembolsado; importo rimborsato; rimborsato; rimborso
        terugbetaald bedrag; terugbetaald; kwota zwrotu; zwrot""",
    "status": """
        status; order status; payment status; financial status; transaction status; order state
        payment state; state; bestellstatus; zahlungsstatus; zustand; statut; statut commande
        etat; estado; estado pedido; situacao; stato; stato ordine; orderstatus; betaalstatus
        status zamowienia; stan""",
    "test": """
        test; is test; test order; test mode; testmode; testbestellung; commande test; prueba
        pedido prueba; teste; pedido teste; ordine test; testbestelling; testowe""",
    "category": """
        category; product category; item category; department; product type; product group
        category name; warengruppe; kategorie; produktkategorie; abteilung; categorie; rayon
        famille; categoria; departamento; seccion; reparto; productgroep; afdeling; kategoria
        dzial""",
    "channel": """
        channel; sales channel; order channel; kanal; vertriebskanal; canal; canal vente
        canal venta; canal venda; canale; canale vendita; kanaal; verkoopkanaal; kanal sprzedazy""",
    "start": """
        start; start date; started at; started; subscription start; subscription start date
        contract start; signup date; signed up at; signup; joined at; join date; joined
        activation date; vertragsbeginn; beginn; startdatum; abschlussdatum; date debut; debut
        date souscription; fecha inicio; fecha alta; inicio; data inicio; data inizio; inizio
        begindatum; ingangsdatum; data rozpoczecia; since""",
    "tenure": """
        tenure; tenure months; months; months tenure; tenure month; tenure in months
        months active; months customer; laufzeit; laufzeit monate; vertragslaufzeit; anciennete
        antiguedad; antiguidade; anzianita; looptijd; staz""",
    "cancelled": """
        churned; churn; churn label; cancelled at; canceled at; cancelled; canceled; ended at
        end date; ended; cancellation date; cancel date; churn date; churned at; exited; attrition
        attrited; left; unsubscribed at; gekundigt; gekuendigt; kundigungsdatum; kuendigungsdatum
        vertragsende; date resiliation; resilie; fecha baja; fecha cancelacion; baja; cancelado
        data cancelamento; data cancellazione; disdetta; einddatum; opgezegd; opzegdatum
        data rezygnacji; zrezygnowal; until""",
    "monthly": """
        monthly amount; monthly charges; monthly charge; monthly fee; monthly price; monthly
        revenue; mrr; monthly recurring revenue; fee; plan price; plan amount; price; amount
        monatsbetrag; monatspreis; monatliche gebuhr; beitrag; montant mensuel; prix mensuel
        cuota mensual; cuota; mensualidad; mensalidade; valor mensal; canone mensile; canone
        maandbedrag; abonament; oplata miesieczna""",
}
# A name with one of these plays another part: the date of birth is no date of an order.
NOT = {
    "customer": "type; group; segment; since; count; note; phone; country; city; age; address",
    "order": """
        date; total; status; amount; type; item; line; value; count; time; state; currency; at
        quantity; price; channel; datum; data; fecha; note; discount; source; notes; day""",
    "moment": """
        birth; birthday; geburtsdatum; naissance; nacimiento; nascimento; nascita; geboortedatum
        updated; modified; update; shipped; shipping; delivery; delivered; due; expiry; expires
        cancelled; canceled; refunded; fulfilled; fulfillment; completed; signup; joined
        lieferdatum; livraison; entrega; consegna; leverdatum; dostawy; urodzenia; year; month
        week; hour; estimated; reporting; dispute""",
    "money": """
        tax; taxes; shipping; discount; discounts; refund; refunded; tip; tips; fee; fees; mwst
        ust; steuer; versand; versandkosten; rabatt; tva; remise; livraison; iva; descuento
        envio; imposto; frete; desconto; sconto; spedizione; btw; korting; verzendkosten; podatek
        rabat; cost; points; quantity; qty; count; items; compare; id; number; gift; code; type
        status; currency; balance; margin; profit; outstanding; method; erstattet; rembourse
        reembolsado; rimborsato; terugbetaald; zwrot; name; date; time; vat""",
}


@lru_cache(4096)
def plain(name: str) -> str:
    """A name as words of small letters without accents: `CustomerID` is `customer id`."""
    spaced = CAMEL.sub(" ", name.translate(LETTERS))
    decomposed = unicodedata.normalize("NFKD", spaced)
    bare = "".join(each for each in decomposed if not unicodedata.combining(each)).lower()
    found = [each for each in re.split(r"[^a-z0-9]+", bare) if each]
    return " ".join([each for each in found if each not in STOP] or found)


@lru_cache(256)
def listed(text: str) -> tuple[str, ...]:
    """The entries of a list that is written above: by semicolons and lines."""
    entries = (each.strip() for line in text.splitlines() for each in line.split(";"))
    return tuple(each for each in entries if each)


def likeness(name: str, role: str) -> float:
    """How well a name fits a role: 0 not at all; above 1 as a whole, below as a part of it.

    Of two names that fit alike, that of the likelier word is the higher.
    """
    words, known = plain(name), listed(NAMES[role])
    vetoes = NOT.get("money" if role in ("line", "amount", "price") else role, "")
    for place, each in enumerate(known):
        if words == plain(each):
            return 2 - place / len(known)
    if set(words.split()) & set(listed(vetoes)):
        return 0.0
    for place, each in enumerate(known):
        if f" {plain(each)} " in f" {words} ":
            return 1 - place / len(known)
    return 0.0
