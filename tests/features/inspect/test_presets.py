"""Exports of known services become exact numbers: by their preset alone, and by `inspect`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from features.config.presets import filled_in, preset_names
from features.config.purchases import PurchaseConfig
from features.config.read import read_purchase_config
from features.dataset import features_as_of
from features.errors import ConfigError
from features.ingest.transactions import TransactionLog, read_transactions
from features.inspect.inspection import inspect
from features.inspect.toml_text import toml_text

# What an export holds: its file, its text, and the lines as (customer, UTC, money).
Export = tuple[str, str, list[tuple[str, str, float]]]
SHOPIFY = """\
Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,\
Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,\
Lineitem quantity,Lineitem name,Lineitem price,Cancelled at,Refunded Amount,Vendor,Id,Source
#1003,eve@example.com,partially_refunded,2024-01-07 09:00:00 -0500,fulfilled,,no,USD,40.00,5.00,\
0.00,45.00,,0.00,Standard,2024-01-07 09:00:00 -0500,1,Mug,20.00,,20.00,Acme,103,web
#1003,eve@example.com,,,,,,,,,,,,,,2024-01-07 09:00:00 -0500,1,Bowl,20.00,,,Acme,,
#1002,bob@example.com,voided,,unfulfilled,,no,USD,10.00,0.00,0.00,10.00,,0.00,,\
2024-01-06 10:00:00 -0500,1,Mug,10.00,2024-01-06 11:00:00 -0500,0.00,Acme,102,web
#1001,ann@example.com,paid,2024-01-05 10:00:00 -0500,fulfilled,,yes,USD,50.00,5.00,0.00,55.00,,\
0.00,Standard,2024-01-05 10:00:00 -0500,2,Mug,20.00,,0.00,Acme,101,web
#1001,ann@example.com,,,,,,,,,,,,,,,1,Spoon,10.00,,,Acme,,
#1000,,paid,2024-01-04 10:00:00 -0500,fulfilled,,no,USD,7.00,0.00,0.00,7.00,,0.00,,\
2024-01-04 10:00:00 -0500,1,Pin,7.00,,0.00,Acme,100,pos
"""
WOOCOMMERCE = """\
order_id,order_number,date,status,shipping_total,tax_total,discount_total,order_total,\
refunded_total,order_currency,payment_method,customer_id,billing_first_name,billing_email,item_name
11,11,2024-02-01 10:00:00,completed,5.00,0.00,0.00,45.00,10.00,EUR,stripe,3,Ann,ann@example.com,Mug
11,11,2024-02-01 10:00:00,completed,5.00,0.00,0.00,45.00,10.00,EUR,stripe,3,Ann,ann@example.com,Pin
12,12,2024-02-02 11:00:00,failed,0.00,0.00,0.00,30.00,0.00,EUR,stripe,4,Bob,bob@example.com,Mug
13,13,2024-02-03 12:30:00,processing,0.00,0.00,0.00,30.00,0.00,EUR,paypal,4,Bob,bob@example.com,Cup
"""
WOOCOMMERCE_ADVANCED = """\
Order Number,Order Status,Order Date,Customer Note,First Name (Billing),Email (Billing),\
Payment Method Title,Order Refund Amount,Order Total Amount,Item Name,Quantity,Item Cost
11,Completed,2024-02-01 10:00,,Ann,ann@example.com,Card,10.00,45.00,Mug,1,20.00
11,Completed,2024-02-01 10:00,,Ann,ann@example.com,Card,10.00,45.00,Pin,1,20.00
12,Failed,2024-02-02 11:00,,Bob,bob@example.com,Card,0.00,30.00,Mug,1,30.00
13,Processing,2024-02-03 12:30,,Bob,bob@example.com,Card,0.00,30.00,Cup,1,30.00
"""
STRIPE = """\
id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,\
Converted Amount Refunded,Converted Currency,Description,Fee,Status,Seller Message,Customer ID,\
Customer Email
ch_1,2024-03-01 10:00:00,1200.00,200.00,usd,true,1200.00,200.00,usd,Order,3,Paid,ok,cus_a,a@x.org
ch_2,2024-03-02 10:00:00,50.00,0.00,usd,false,50.00,0.00,usd,Order,0,Failed,no,cus_a,a@x.org
ch_3,2024-03-03 10:00:00,50.00,50.00,usd,true,50.00,50.00,usd,Order,2,Refunded,ok,cus_b,b@x.org
ch_4,2024-03-04 10:00:00,80.00,0.00,usd,true,80.00,0.00,usd,Order,2,Paid,ok,cus_b,b@x.org
"""
SQUARE = """\
Date,Time,Time Zone,Gross Sales,Discounts,Service Charges,Net Sales,Gift Card Sales,Tax,Tip,\
Partial Refunds,Total Collected,Source,Card,Transaction ID,Payment ID,Event Type,Location,\
Customer ID,Customer Name
2024-05-13,10:02:11,Eastern Time (US & Canada),"$1,030.00",-$30.00,$0.00,"$1,000.00",$0.00,\
$80.00,$20.00,$0.00,"$1,100.00",Point of Sale,"$1,100.00",TX1,PA1,Payment,Fair,CUST1,Dee
2024-05-14,11:40:00,Eastern Time (US & Canada),$12.00,$0.00,$0.00,$12.00,$0.00,$0.96,$0.00,\
$0.00,$12.96,Point of Sale,$12.96,TX2,PA2,Payment,Fair,CUST2,Eli
2024-05-20,09:00:00,Eastern Time (US & Canada),-$12.00,$0.00,$0.00,-$12.00,$0.00,-$0.96,$0.00,\
$0.00,-$12.96,Point of Sale,-$12.96,TX3,PA3,Refund,Fair,CUST2,Eli
2024-05-21,09:00:00,Eastern Time (US & Canada),$5.00,$0.00,$0.00,$5.00,$0.00,$0.40,$0.00,$0.00,\
$5.40,Point of Sale,$5.40,TX4,PA4,Payment,Fair,,
"""
MAGENTO = """\
ID,Purchase Point,Purchase Date,Bill-to Name,Ship-to Name,Grand Total (Base),\
Grand Total (Purchased),Status,Billing Address,Customer Email,Customer Group,Subtotal,\
Customer Name,Payment Method,Total Refunded
000000001,Main,"Jan 5, 2024 10:15:00 AM",Ann,Ann,"$1,129.00","$1,129.00",Complete,Road 1,\
ann@example.com,General,"$1,120.00",Ann,checkmo,$29.00
000000002,Main,"Jan 6, 2024 1:15:00 PM",Bob,Bob,$30.00,$30.00,Canceled,Road 2,bob@example.com,\
General,$30.00,Bob,checkmo,$0.00
000000003,Main,"Jan 7, 2024 11:15:00 PM",Bob,Bob,$40.00,$40.00,Processing,Road 2,bob@example.com,\
General,$40.00,Bob,checkmo,
"""
PAYPAL = """\
"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net",\
"From Email Address","To Email Address","Transaction ID","Item Title","Quantity","Balance"
"09/13/2024","10:00:00","PDT","Ann","Express Checkout Payment","Completed","USD","1,500.00",\
"-44.80","1,455.20","ann@example.com","shop@example.com","T1","Mug","1","1,455.20"
"09/14/2024","11:00:00","PDT","","General Withdrawal","Completed","USD","-400.00","0.00",\
"-400.00","shop@example.com","","T2","","","1,055.20"
"09/15/2024","12:30:00","PDT","Bob","Website Payment","Pending","USD","50.00","-1.80","48.20",\
"bob@example.com","shop@example.com","T3","Cup","1","1,055.20"
"09/16/2024","13:00:00","PDT","Bob","Website Payment","Completed","USD","60.00","-2.00","58.00",\
"bob@example.com","shop@example.com","T4","Cup","1","1,113.20"
"""
AMAZON = """\
order-id|order-item-id|purchase-date|payments-date|buyer-email|buyer-name|sku|product-name|\
quantity-purchased|currency|item-price|item-tax|shipping-price|ship-country
111-1|1|2024-04-01T10:50:49-07:00|2024-04-01T10:50:49-07:00|a1@marketplace.amazon.com|Ann|M|Mug|2|\
USD|40.00|0.00|5.00|US
111-1|2|2024-04-01T10:50:49-07:00|2024-04-01T10:50:49-07:00|a1@marketplace.amazon.com|Ann|P|Pin|1|\
USD|5.50|0.00|0.00|US
111-2|3|2024-04-02T08:00:00-07:00|2024-04-02T08:00:00-07:00|b2@marketplace.amazon.com|Bob|M|Mug|1|\
USD|20.00|0.00|5.00|US
""".replace("|", "\t")
KLAVIYO = """\
Email,Timestamp,$value,$event_id,Item Count
ann@example.com,2024-06-01 13:30:00,45.50,1001,2
bob@example.com,2024-06-02 08:00:00,20.00,1002,1
"""
UCI = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,CAF\xc9 LIGHT,6,12/1/2010 8:26,2.5,17850,United Kingdom
536365,71053,LANTERN,2,12/1/2010 8:26,3.5,17850,United Kingdom
536366,22633,\xa3 SIGN,1,12/13/2010 8:28,1.85,,United Kingdom
C536379,85123A,CAF\xc9 LIGHT,-1,12/14/2010 9:41,2.5,17850,United Kingdom
"""
ANN_BOB = [
    ("ann@example.com", "2024-02-01 10:00:00", 35.0),
    ("bob@example.com", "2024-02-03 12:30:00", 30.0),
]
EXPORTS: dict[str, Export] = {
    "shopify": (
        "orders_export.csv",
        SHOPIFY,
        [
            ("ann@example.com", "2024-01-05 15:00:00", 55.0),
            ("eve@example.com", "2024-01-07 14:00:00", 25.0),
        ],
    ),
    "woocommerce": ("orders.csv", WOOCOMMERCE, ANN_BOB),
    "stripe": (
        "unified_payments.csv",
        STRIPE,
        [
            ("cus_a", "2024-03-01 10:00:00", 1000.0),
            ("cus_b", "2024-03-03 10:00:00", 0.0),
            ("cus_b", "2024-03-04 10:00:00", 80.0),
        ],
    ),
    "square": (
        "transactions.csv",
        SQUARE,
        [
            ("CUST1", "2024-05-13 10:02:11", 1000.0),
            ("CUST2", "2024-05-14 11:40:00", 12.0),
            ("CUST2", "2024-05-20 09:00:00", -12.0),
        ],
    ),
    "magento": (
        "export.csv",
        MAGENTO,
        [
            ("ann@example.com", "2024-01-05 10:15:00", 1100.0),
            ("bob@example.com", "2024-01-07 23:15:00", 40.0),
        ],
    ),
    "paypal": (
        "Download.CSV",
        PAYPAL,
        [
            ("ann@example.com", "2024-09-13 10:00:00", 1500.0),
            ("bob@example.com", "2024-09-16 13:00:00", 60.0),
        ],
    ),
    "amazon": (
        "orders.txt",
        AMAZON,
        [
            ("a1@marketplace.amazon.com", "2024-04-01 17:50:49", 45.5),
            ("b2@marketplace.amazon.com", "2024-04-02 15:00:00", 20.0),
        ],
    ),
    "klaviyo": (
        "placed_order.csv",
        KLAVIYO,
        [
            ("ann@example.com", "2024-06-01 13:30:00", 45.5),
            ("bob@example.com", "2024-06-02 08:00:00", 20.0),
        ],
    ),
    "uci-online-retail": (
        "Online Retail.csv",
        UCI,
        [("17850", "2010-12-01 08:26:00", 22.0), ("17850", "2010-12-14 09:41:00", -2.5)],
    ),
}
OTHER_NAMES: dict[str, Export] = {
    "woocommerce": ("orders.csv", WOOCOMMERCE_ADVANCED, ANN_BOB),
    "stripe": (
        "payments.csv",
        STRIPE.replace("Created date (UTC)", "Created (UTC)"),
        EXPORTS["stripe"][2],
    ),
    "paypal": (
        "Download.CSV",
        PAYPAL.replace("09/1", "1").replace("/2024", "/09/2024"),
        EXPORTS["paypal"][2],
    ),
    "uci-online-retail": (
        "online_retail_II.csv",
        UCI.replace("InvoiceNo", "Invoice")
        .replace("UnitPrice", "Price")
        .replace("CustomerID", "Customer ID"),
        EXPORTS["uci-online-retail"][2],
    ),
}
NOW = datetime(2025, 1, 1, tzinfo=UTC)


def write(folder: Path, export: Export) -> Path:
    path = folder / export[0]
    encoding = "latin-1" if export[1] in (UCI,) else "utf-8"
    path.write_text(export[1], encoding=encoding)
    return path


def lines(log: TransactionLog) -> list[tuple[str, str, float]]:
    at = pd.to_datetime(log.lines["us"], unit="us").dt.strftime("%Y-%m-%d %H:%M:%S")
    return sorted(zip(log.lines["customer_id"], at, log.lines["amount"], strict=True))


def read_file(folder: Path, text: str) -> TransactionLog:
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return read_transactions(read_purchase_config(folder / "mine.toml").data)


def test_every_preset_has_an_export_here() -> None:
    assert sorted(EXPORTS) == preset_names()


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_exact_with_its_preset_alone(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, EXPORTS[name])
    currency = "data.currency = 'EUR'\n" if name == "woocommerce" else ""
    text = f"data.preset = '{name}'\ndata.transactions = '{path}'\nproblem.horizon_days = 90\n"
    alone = "data.refund_matching = 'none'\n"  # so that each line stands for itself
    log = read_file(tmp_path, text + currency + alone)
    assert lines(log) == EXPORTS[name][2]
    spent = pd.DataFrame(EXPORTS[name][2], columns=["who", "at", "money"]).query("money > 0")
    features = features_as_of(log, log.end)
    sums = spent.groupby("who")["money"].sum()
    assert features["monetary_sum"].to_dict() == pytest.approx(sums.to_dict())
    assert features["n_orders"].to_dict() == spent.groupby("who").size().to_dict()


@pytest.mark.parametrize(
    ("name", "export"),
    [*EXPORTS.items(), *OTHER_NAMES.items()],
    ids=[*EXPORTS, *(f"{each}-other-names" for each in OTHER_NAMES)],
)
def test_an_export_is_known_by_its_header(name: str, export: Export, tmp_path: Path) -> None:
    found = inspect(str(write(tmp_path, export)), NOW).attempt
    assert (found.refused, found.proposal.data["preset"]) == ("", name)
    assert isinstance(found.dataset, TransactionLog)
    assert lines(found.dataset) == export[2]
    (tmp_path / "mine.toml").write_text(toml_text(found.proposal), encoding="utf-8")
    values = filled_in(tmp_path, found.proposal.values)
    assert read_purchase_config(tmp_path / "mine.toml") == PurchaseConfig.model_validate(values)


def test_own_keys_win_over_the_presets(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        "data.preset = 'shopify'\ndata.transactions = 'x.csv'\nproblem.horizon_days = 90\n"
        "data.amount_is = 'line'\ndata.columns.amount = 'Subtotal'\ndata.columns.refunded = ''\n"
        "data.keep = { Source = 'web' }\n"
    )
    data = read_purchase_config(path).data
    assert (data.preset, data.amount_is) == ("shopify", "line")
    assert (data.columns.amount, data.columns.refunded) == ("Subtotal", None)
    assert data.columns.order_id == "Name"
    assert dict(data.keep) == {"Source": ("web",)}


def test_an_unknown_preset_is_one_sentence_that_lists_them(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("data.preset = 'shopfy'\ndata.transactions = 'x'\nproblem.horizon_days = 90\n")
    with pytest.raises(ConfigError, match=r"data\.preset must be one of amazon, .*got 'shopfy'"):
        read_purchase_config(path)
