"""This file holds the catalogue's pages of a small shop, in a folder, on a server and in a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pyarrow as pa
from deltalake import write_deltalake

from dataops_platform.catalog.describing import describe
from dataops_platform.catalog.findings import gathered
from dataops_platform.catalog.site import site
from dataops_platform.commands.docs import lineage_of, write
from dataops_platform.resources.environments import inventory_of
from dataops_platform.tables import load_tables
from dataops_platform_tests.layers.small_platform import SmallPlatform, day

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from dataops_platform.engines.sail import EmbeddedEngine

HOSTILE = "<img src=x onerror=document.title='owned'></script><script>document.title='owned'</script>\u202e"
ADDRESS = "ada@private.example"
CUSTOMERS = "customer_id,name,email,signup_region,signup_date,city\n"
TRANSACTIONS = "customer_id,transaction_id,transaction_date,amount,payment_type\n"


def shop_site(root: Path, engine: EmbeddedEngine) -> Path:
    """The pages of a shop of which one date was refused, with a table that somebody hostile wrote."""
    with dg.DagsterInstance.ephemeral() as instance:
        small = SmallPlatform(root, engine, load_tables(), instance)
        small.land("customers", day(1), f"{CUSTOMERS}c1,Ada,{ADDRESS},north,2026-01-01,Rome\n")
        small.land("customers", day(2), CUSTOMERS + "c2,Bob,b@x.org,north,2026-01-01,Oslo\n" * 2)
        small.land("transactions", day(1), f"{TRANSACTIONS}c1,t1,2026-01-01,1.50,{HOSTILE}\n")
        small.sync()
        column = pa.field(HOSTILE, pa.string(), metadata={"comment": HOSTILE})
        hostile = pa.table([pa.array([HOSTILE])], schema=pa.schema([column]))
        write_deltalake(root / "lake" / "gold" / "b<img src=x>", hostile, description=HOSTILE)
        platform = small.ports
        describe(platform, inventory_of(platform))
        write(site(gathered(platform, lineage_of(platform.tables))), root / "below" / "site")
    return root / "below"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the folder on a server."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            del args

        def end_headers(self) -> None:
            """Files change several times a second here, and a browser's cache tells seconds apart."""
            self.send_header("Cache-Control", "no-store")
            super().end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def complaints(driver: Chrome) -> list[str]:
    """What the browser's console tells: errors, and what the page's policy refused."""
    return [str(entry["message"]) for entry in driver.get_log("browser")]
