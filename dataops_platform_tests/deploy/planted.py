"""This file holds what tests of leaks plant: personal values that land in files, and secrets of the environment.

Each value has a core of plain letters, the mark, that survives every escaping and any case; around it are the
characters that break pages, logs and terminals.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dataops_platform_tests.resources.loopback_hook import web_hook
from dataops_platform_tests.resources.loopback_mail import mail_server, words_of

REFUSED_DAY, SOUND_DAY = "2026-06-04", "2026-06-05"
#: Secrets that a process of the platform may have; the lake is a folder, so that these open nothing.
SECRETS = {
    "AWS_ACCESS_KEY_ID": "AKIAPLANTED7Q2",
    "AWS_SECRET_ACCESS_KEY": "planted/secret/5fK1w9",
    "AWS_SESSION_TOKEN": "planted+session+8hR2",
    "DATABRICKS_TOKEN": "dapi7q2planted51d",
    "OPENLINEAGE_API_KEY": "planted-lineage-key-3e",
    "OTEL_EXPORTER_OTLP_HEADERS": "authorization=planted-bearer-9c",
}
#: In the addresses of alerts: of a web hook that answers, and of one that does not, with a token in its path.
HOOK_SECRETS = ("planted-hook-word-2b", "T0PLANTED-B0-x4v")

_COLUMNS = ("key", "name", "email", "city")
_FATES = ("refused", "sound", "held")
#: What nobody may be told; the last ones are where they do not convert, are no column, or no file that can be read.
MARKS = (
    *(f"{fate}q7x{column}" for fate in _FATES for column in _COLUMNS),
    "heldq7xdate",
    "heldq7xamount",
    "rescuedq7x",
    "unreadableq7x",
    "beyondq7x",
)
#: In a column that the contract calls public: who looks for marks has to find this one.
PUBLIC = "openq7xregion"

_CUSTOMERS = "customer_id,name,email,signup_region,signup_date,city,nickname\n"
_PAYMENTS = "customer_id,transaction_id,transaction_date,amount,payment_type,product_id\n"


def _customer(fate: str, number: int, *, day: str = "2026-01-01", key: bool = True) -> str:
    """A line of CSV whose values are of everything that could be taken for markup, a format, a query or a new line."""
    mark = f"{fate}q7x"
    fields = (
        f"{mark}key-{number}" if key else "",
        f"<b>Ünal</b> '{mark}name' {{0}} %s \u202e&amp; ${{HOME}}",
        f"{mark.upper()}EMAIL+{number}@nowhere.example",
        PUBLIC,
        day,
        f"{mark}city\n'); DROP TABLE x; --",
        "rescuedq7x\x1b[31m",
    )
    return ",".join(f'"{field}"' if field else "" for field in fields) + "\n"


def land(landing: Path) -> None:
    """Files have landed: a date that is refused, one that is published with rows held, and one that cannot be read."""
    refused = "".join(_customer("refused", number, key=number % 4 > 0) for number in range(200))
    sound = "".join(_customer("sound", number) for number in range(150))
    held = "".join(_customer("held", number, day="31/31/heldq7xdate") for number in range(3))
    paid = "".join(f'soundq7xkey-{n},t{n},2026-06-04,"heldq7xamount,9",card,p1\n' for n in range(5))
    tickets = (
        '{"ticket_id": "t1", "customer_id": "beyondq7x"}\n{"ticket_id": "t2", "customer_id": "unreadableq7x\n'
    )
    for key, text in {
        f"customers/dt={REFUSED_DAY}/planted.csv": _CUSTOMERS + refused,
        f"customers/dt={SOUND_DAY}/planted.csv": _CUSTOMERS + sound + held,
        f"transactions/dt={REFUSED_DAY}/planted.csv": _PAYMENTS + paid,
        f"support_tickets/dt={REFUSED_DAY}/planted.jsonl": tickets,
    }.items():
        path = landing / key
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = landing.parent / "being-written"
        whole.write_text(text, encoding="utf-8")
        whole.rename(path)


def finds(text: str) -> list[str]:
    """The marks that the text tells of."""
    folded = text.casefold()
    return [mark for mark in MARKS if mark in folded]


@dataclass(frozen=True)
class People:
    """Who is told of incidents: the addresses, as DATAOPS_ALERT_URLS spells them, and all they have heard."""

    addresses: str
    hooks: list[dict[str, str]] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)

    def heard(self) -> dict[str, str]:
        """What they have read so far, by how it came to them."""
        texts = "\n".join(f"{one['title']}\n{one['message']}" for one in self.hooks)
        return {"the web hook": texts, "mails": words_of(self.mails)}


@contextmanager
def people() -> Iterator[People]:
    """A web hook and a mailbox hear of incidents, and a third receiver does not answer."""
    word, token = HOOK_SECRETS
    with web_hook() as (hook, heard, _), mail_server() as (port, mails):
        mailbox = f"mailto://127.0.0.1:{port}?from=dataops@shop.example&to=team@shop.example&mode=insecure"
        deaf = f"json://watcher:{word}@127.0.0.1:1/services/{token}"
        yield People(" ".join((hook.replace("secret-token", word), mailbox, deaf)), heard, mails)
