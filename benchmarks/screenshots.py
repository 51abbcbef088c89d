"""Pictures of the page for docs/: `python benchmarks/screenshots.py [ADDRESS] [FOLDER]`.

They are taken from a service that runs, with the scores that it has; Chromium must be installed.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

ADDRESS = "http://127.0.0.1:3000"
FOLDER = Path(__file__).resolve().parent.parent / "docs"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
WIDE, PHONE = (1280, 900), (375, 812)


def take(browser: Browser, url: str, path: Path, size: tuple[int, int], *, dark: bool) -> None:
    """One picture: of all of the view on a desk, of what is seen at once on a phone."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=2 if size == PHONE else 1,
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    page.goto(url)
    page.locator("main h1").wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path, full_page=size != PHONE)
    context.close()
    print(path)  # noqa: T201


def main(address: str = ADDRESS, folder: str = str(FOLDER)) -> None:
    """All pictures."""
    query = "tier=Platinum&min_p_churn=0.05&max_p_churn=0.2&sort=clv_historic&limit=1"
    [chosen] = httpx.get(f"{address}/customers?{query}").json()["customers"]
    customer = f"customer/{chosen['customer_id']}"
    what_if = f"{customer}?horizon_days=365&margin=0.35&discount_rate_annual=0.12"
    pictures = [
        ("page", "", WIDE, False),
        ("page-customer", customer, WIDE, False),
        ("page-what-if", f"{what_if}&acquisition_cost=200&retention_cost_annual=50", WIDE, True),
        ("page-list", "list?tier=Platinum&min_p_churn=0.5", WIDE, False),
        ("page-phone", customer, PHONE, False),
    ]
    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for name, place, size, dark in pictures:
            take(browser, f"{address}/#/{place}", Path(folder) / f"{name}.png", size, dark=dark)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
