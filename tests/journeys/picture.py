"""Takes docs/journey.png, the picture in the README: `python -m tests.journeys.picture`."""

import io
import tempfile
from pathlib import Path

import pyotp
from PIL import Image
from playwright.sync_api import Page

from tests.browser import chromium, visit
from tra.demo import Demo

WHERE = Path(__file__).parents[2] / "docs" / "journey.png"
WINDOW = {"width": 400, "height": 780}
GAP = 24


def take(port: int = 9600) -> None:
    """Walk the journey in a browser as wide as a phone, and keep four of its pages."""
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(Path(folder), port)
        demo.prepare()
        with demo.children() as children:
            demo.start(children)
            with (
                chromium() as browser,
                visit(browser, viewport=WINDOW, color_scheme="light") as page,
            ):
                _compose(_walk(page, demo, Path(folder))).save(WHERE, optimize=True)


def _walk(page: Page, demo: Demo, folder: Path) -> list[bytes]:
    shots = []
    dara = demo.people()[0]
    page.goto(f"{demo.addresses.services['moc']}/?lang=en")
    page.click("#sign-in")
    page.fill("#username", dara["username"])
    page.fill("#password", dara["password"])
    shots.append(page.screenshot())
    page.click("#submit")
    page.fill("#code", pyotp.TOTP(dara["totp_secret"]).now())
    page.click("#submit")
    page.wait_for_selector("#approve")
    shots.append(page.screenshot())
    page.click("#approve")
    page.wait_for_selector("#certificate")
    shots.append(page.screenshot())
    with page.expect_download() as downloading:
        page.click("#certificate")
    certificate = folder / "certificate.pdf"
    downloading.value.save_as(certificate)
    page.goto(f"{demo.addresses.signing}/?lang=en")
    page.set_input_files("input[type=file]", certificate)
    page.click("button[type=submit]")
    page.wait_for_load_state()
    shots.append(page.screenshot())
    return shots


def _compose(shots: list[bytes]) -> Image.Image:
    pages = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    width = sum(page.width + GAP for page in pages) + GAP
    picture = Image.new("RGB", (width, pages[0].height + 2 * GAP), "#8a93a6")
    left = GAP
    for page in pages:
        picture.paste(page, (left, GAP))
        left += page.width + GAP
    return picture.quantize(128)


if __name__ == "__main__":
    take()
