"""What the tests of this room share: production on one machine, started once."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from dataops_platform_tests.deploy import postgres
from dataops_platform_tests.deploy.planted import SECRETS, People, people
from dataops_platform_tests.deploy.production import Production, production


@pytest.fixture(scope="session")
def watchers() -> Iterator[People]:
    """Who production tells of incidents."""
    with people() as found:
        yield found


@pytest.fixture(scope="session")
def production_of_all(tmp_path_factory: pytest.TempPathFactory, watchers: People) -> Iterator[Production]:
    """Production, started once, since that takes longest."""
    programs = postgres.found()
    if programs is None:
        pytest.skip(
            "needs PostgreSQL's programs (Debian: apt-get install --no-install-recommends postgresql)"
        )
    variables = SECRETS | {"DATAOPS_ALERT_URLS": watchers.addresses}
    with (
        postgres.postgres(programs) as server,
        production(tmp_path_factory.mktemp("production"), server, **variables) as started,
    ):
        # Its runs come whenever something was judged; which run goes on is to be known here.
        started.switch_off("catalog_sensor")
        yield started


@pytest.fixture(scope="module")
def running(production_of_all: Production) -> Iterator[Production]:
    """Production, with its sensor running; each test lands files of dates of its own.

    It sleeps while tests of other rooms run, which it would slow down.
    """
    production_of_all.signal(signal.SIGCONT)
    yield production_of_all
    production_of_all.until_idle()
    production_of_all.signal(signal.SIGSTOP)
