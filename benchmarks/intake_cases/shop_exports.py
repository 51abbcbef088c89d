"""Cases of exports as shops, marketplaces and payment services write them."""

from __future__ import annotations

from typing import Any

from benchmarks.intake_cases.case import Case, log, refused, right


def _columns(customer_id: str, timestamp: str, amount: str, **more: str) -> dict[str, str]:
    return {"customer_id": customer_id, "timestamp": timestamp, "amount": amount, **more}


SHOPIFY = log(
    '#1001,u@x.de,paid,2024-01-05 10:00:00 +0100,EUR,30.00,10.00,0.00,"Tea, green"',
    "#1001,,,,,,20.00,,Cup",
    "#1002,v@x.de,partially_refunded,2024-01-06 09:00:00 +0100,EUR,20.50,20.50,0.50,Cup",
    "#1003,u@x.de,voided,2024-01-07 09:00:00 +0100,EUR,99.00,99.00,0.00,Cup",
    "#1004,,paid,2024-01-08 09:00:00 +0100,EUR,5.00,5.00,0.00,Cup",
    header="Name,Email,Financial Status,Created at,Currency,Total,Lineitem price,Refunded Amount,"
    "Lineitem name\n",
)
FILLED = ["Email", "Financial Status", "Created at", "Currency", "Total", "Refunded Amount"]
SHOPIFY_KEYS: dict[str, Any] = {
    "columns": _columns("Email", "Created at", "Total", order_id="Name", currency="Currency",
                        refunded="Refunded Amount"),
    "currency": "EUR", "amount_is": "order_total", "fill_down": FILLED,
    "keep": {"Financial Status": ["paid", "partially_refunded"]},
}  # fmt: skip
WOO = log(
    "7,2024-01-05 10:00,completed,u@x.de,30,Tea", "7,2024-01-05 10:00,completed,u@x.de,30,Cup",
    "8,2024-01-06 10:00,failed,v@x.de,99,Cup", "9,2024-01-07 10:00,processing,v@x.de,20.5,Cup",
    "10,2024-01-07 10:00,pending,w@x.de,20.5,Cup",
    header="order_id,date,status,billing_email,order_total,item_name\n",
)  # fmt: skip
WOO_KEYS: dict[str, Any] = {
    "columns": _columns("billing_email", "date", "order_total", order_id="order_id"),
    "keep": {"status": ["completed", "processing"]},
}
STRIPE = log(
    "ch_1,2024-01-05 10:00,1000,usd,Paid,cus_u,0", "ch_2,2024-01-06 10:00,2550,usd,Paid,cus_v,500",
    "ch_3,2024-01-06 10:01,2550,usd,Failed,cus_v,0", "ch_4,2024-01-07 10:00,5,usd,Paid,,0",
    header="id,Created (UTC),Amount,Currency,Status,Customer ID,Amount Refunded\n",
)  # fmt: skip
STRIPE_KEYS: dict[str, Any] = {
    "columns": _columns("Customer ID", "Created (UTC)", "Amount", order_id="id",
                        currency="Currency", refunded="Amount Refunded"),
    "amount_unit": "minor",
}  # fmt: skip
AMAZON = log(
    "1-1\tPending\t2024-01-05T10:00:00+00:00\tu@m\t\t1\tUSD",
    "1-2\tShipped\t2024-01-05T11:00:00+00:00\tu@m\t10.00\t1\tUSD",
    "1-3\tCancelled\t2024-01-05T12:00:00+00:00\tu@m\t\t0\t",
    "1-4\tShipped\t2024-01-06T12:00:00+00:00\tv@m\t20.50\t2\tUSD",
    header="order-id\torder-status\tpurchase-date\tbuyer-email\titem-price\tquantity\tcurrency\n",
)
AMAZON_KEYS: dict[str, Any] = {
    "file": "orders.txt",
    "columns": _columns("buyer-email", "purchase-date", "item-price", order_id="order-id",
                        currency="currency"),
}  # fmt: skip
PAYPAL = log(
    '"01/05/2024","10:00:00","Express Checkout Payment","Completed","USD","1,010.00","-0.59",'
    '"u@x.de","T1"',
    '"01/05/2024","10:00:01","General Currency Conversion","Completed","EUR","-910.00","0.00",'
    '"shop@x.de","T2"',
    '"01/06/2024","09:30:00","Express Checkout Payment","Pending","USD","99.00","0.00","v@x.de",'
    '"T3"',
    '"01/06/2024","11:30:00","Express Checkout Payment","Completed","USD","20.50","-0.59",'
    '"v@x.de","T4"',
    '"01/07/2024","11:30:00","General Withdrawal","Completed","USD","-500.00","0.00","","T5"',
    header='\ufeff"Date","Time","Type","Status","Currency","Gross","Fee","From Email Address",'
    '"Transaction ID"\n',
)
PAYPAL_KEYS: dict[str, Any] = {
    "columns": _columns("From Email Address", "Date", "Gross", time="Time",
                        order_id="Transaction ID", currency="Currency"),
    "date_format": "%m/%d/%Y", "thousands": ",",
}  # fmt: skip
PAYMENTS = {"keep": {"Type": ["Express Checkout Payment"], "Status": ["Completed"]}}
SQUARE = log(
    '2024-01-05,10:00:00,"$1,010.00",u,T1', '2024-01-06,10:00:00,"$20.50",v,T2',
    '2024-02-07,10:00:00,"($10.00)",u,T1', '2024-02-08,10:00:00,"-$0.50",v,T3',
    header="Date,Time,Net Sales,Customer ID,Transaction ID\n",
)  # fmt: skip
SQUARE_KEYS: dict[str, Any] = {
    "columns": _columns("Customer ID", "Date", "Net Sales", time="Time", order_id="Transaction ID"),
    "thousands": ",",
}
MAGENTO = log(
    '000000001,"Jan 5, 2024 9:05:00 PM",u@x.de,"$1,010.00",Complete,$0.00',
    '000000002,"Jan 6, 2024 12:05:00 AM",v@x.de,$20.50,Closed,$20.50',
    '000000003,"Jan 6, 2024 12:05:00 PM",v@x.de,$20.50,Canceled,',
    header="ID,Purchase Date,Customer Email,Grand Total (Base),Status,Total Refunded\n",
)
MAGENTO_KEYS: dict[str, Any] = {
    "columns": _columns("Customer Email", "Purchase Date", "Grand Total (Base)", order_id="ID"),
    "date_format": "%b %d, %Y %I:%M:%S %p", "thousands": ",",
}  # fmt: skip
EBAY = log(
    "Order report,,,,", ",,,,", "Order,Buyer,Sale date,Total,Notes",
    "1,u,Jan-05-24,$10.00,", "2,v,Jan-06-24,$20.50,\"gift, please\"", "2 record(s) downloaded,,,,",
    header="",
)  # fmt: skip
EBAY_KEYS: dict[str, Any] = {
    "columns": _columns("Buyer", "Sale date", "Total", order_id="Order"), "skip_rows": 2,
    "date_format": "%b-%d-%y",
}  # fmt: skip
ETSY = log(
    "01/05/24,u,Quantity,2,5.00",
    "01/06/24,v,Quantity,1,20.50",
    "01/07/24,v,Quantity,-1,0.25",
    header="Sale Date,Buyer,Kind,Quantity,Price\n",
)
ETSY_KEYS: dict[str, Any] = {
    "columns": _columns("Buyer", "Sale Date", "Price", quantity="Quantity"),
    "amount_is": "unit_price", "date_format": "%m/%d/%y",
}  # fmt: skip
DATEV = log(
    "u;05.01.2024;1.010,00;S",
    "v;06.01.2024;20,50;S",
    "v;07.01.2024;0,50-;H",
    header="Konto;Datum;Umsatz;Kennzeichen\n",
)
DATEV_KEYS: dict[str, Any] = {
    "columns": _columns("Konto", "Datum", "Umsatz"), "decimal": ",", "thousands": ".",
    "date_format": "%d.%m.%Y", "currency": "EUR",
}  # fmt: skip
KLAVIYO = (
    '{"attributes": {"datetime": "2024-01-05T10:00:00+00:00", "event_properties": {"$value": 10, '
    '"$event_id": "e1"}}, "person": {"email": "u@x.de"}}\n'
    '{"attributes": {"datetime": "2024-01-06T10:00:00+00:00", "event_properties": {"$value": 20.5, '
    '"$event_id": "e2"}}, "person": {"email": "v@x.de"}}\n'
)
KLAVIYO_KEYS: dict[str, Any] = {
    "file": "events.jsonl",
    "columns": _columns("person.email", "attributes.datetime", "attributes.event_properties.$value",
                        order_id="attributes.event_properties.$event_id"),
}  # fmt: skip
BILLED = log(
    "in_1,2024-01-05,10,u,USD",
    "in_2,2024-01-06,20.5,v,CAD",
    "in_3,2024-01-06,7,v,EUR",
    header="number,date,total,customer,currency\n",
)
BILLED_KEYS: dict[str, Any] = {
    "columns": _columns("customer", "date", "total", order_id="number", currency="currency"),
}
U, V = "u@x.de", "v@x.de"

CASES: tuple[Case, ...] = (
    right("shopify", SHOPIFY, {U: 30, V: 20}, orders=2,
          moments=("2024-01-05T09:00:00", "2024-01-06T08:00:00"), **SHOPIFY_KEYS),
    right("shopify-total-on-the-first-line", SHOPIFY, {U: 30, V: 20}, orders=2,
          **SHOPIFY_KEYS | {"fill_down": []}),
    refused("shopify-other-currency", SHOPIFY, "data.currency",
            **SHOPIFY_KEYS | {"currency": "USD"}),
    right("shopify-lines", SHOPIFY, {U: 30, V: 20.5}, **SHOPIFY_KEYS | {
        "amount_is": "line", "fill_down": FILLED[:4], "columns": _columns(
            "Email", "Created at", "Lineitem price", order_id="Name", currency="Currency")}),
    right("woocommerce", WOO, {U: 30, V: 20.5}, amount_is="order_total", orders=2, **WOO_KEYS),
    refused("woocommerce-status-of-before", WOO, "data.keep", amount_is="order_total",
            **WOO_KEYS | {"keep": {"status": ["wc-completed"]}}),
    right("stripe-cents", STRIPE, {"cus_u": 10, "cus_v": 20.5}, keep={"Status": ["Paid"]},
          **STRIPE_KEYS),
    refused("stripe-no-such-column", STRIPE, "data.keep", keep={"status": ["Paid"]}, **STRIPE_KEYS),
    right("amazon", AMAZON, {"u@m": 10, "v@m": 20.5}, keep={"order-status": ["Shipped"]},
          **AMAZON_KEYS),
    refused("amazon-pending", AMAZON, "data.missing",
            drop={"order-status": ["Cancelled"]}, **AMAZON_KEYS),
    right("paypal", PAYPAL, {U: 1010, V: 20.5}, **PAYPAL_KEYS, **PAYMENTS),
    right("paypal-zone", PAYPAL, {U: 1010, V: 20.5}, timezone="Europe/Berlin",
          moments=("2024-01-05T09:00:00", "2024-01-06T10:30:00"), **PAYPAL_KEYS, **PAYMENTS),
    refused("paypal-conversions", PAYPAL, "data.other_currencies", **PAYPAL_KEYS),
    refused("paypal-no-thousands", PAYPAL, "data.thousands",
            **PAYPAL_KEYS | {"thousands": None}, **PAYMENTS),
    right("square", SQUARE, {"u": 1000, "v": 20}, order_span_days=366, **SQUARE_KEYS),
    refused("square-refund-much-later", SQUARE, "data.order_span_days", **SQUARE_KEYS),
    right("magento", MAGENTO, {U: 1010, V: 0}, keep={"Status": ["Complete", "Closed"]},
          moments=("2024-01-05T21:05:00", "2024-01-06T00:05:00"),
          **MAGENTO_KEYS | {"columns": MAGENTO_KEYS["columns"] | {"refunded": "Total Refunded"}}),
    refused("magento-dates-unset", MAGENTO, "data.date_format",
            **MAGENTO_KEYS | {"date_format": []}),
    right("ebay", EBAY, {"u": 10, "v": 20.5}, missing="drop", **EBAY_KEYS),
    refused("ebay-line-at-the-end", EBAY, "data.missing", **EBAY_KEYS),
    refused("ebay-lines-above", EBAY, "data.skip_rows", **EBAY_KEYS | {"skip_rows": 0}),
    right("etsy", ETSY, {"u": 10, "v": 20.25}, **ETSY_KEYS),
    refused("etsy-currency-that-is-none", ETSY.replace(",5.00", ",€5.00"), "column Price",
            **ETSY_KEYS),
    right("datev", DATEV, {"u": 1010, "v": 20}, **DATEV_KEYS),
    right("datev-cp1252", DATEV.replace("u;", "Müller;").encode("cp1252"),
          {"Müller": 1010, "v": 20}, encoding="cp1252", **DATEV_KEYS),
    refused("datev-decimal-unset", DATEV, "data.decimal",
            **DATEV_KEYS | {"decimal": None, "thousands": None}),
    right("klaviyo", KLAVIYO, {U: 10, V: 20.5}, **KLAVIYO_KEYS),
    refused("klaviyo-no-such-member", KLAVIYO, "data.columns.customer_id", **KLAVIYO_KEYS | {
        "columns": KLAVIYO_KEYS["columns"] | {"customer_id": "person.mail"}}),
    refused("currencies-three", BILLED, "data.other_currencies", **BILLED_KEYS),
    right("currencies-three-dropped", BILLED, {"u": 10}, other_currencies="drop", **BILLED_KEYS),
    right("currencies-three-other", BILLED, {"v": 20.5}, other_currencies="drop", currency="CAD",
          **BILLED_KEYS),
    refused("currencies-three-none-of-ours", BILLED, "data.currency", other_currencies="drop",
            currency="GBP", **BILLED_KEYS),
)  # fmt: skip
