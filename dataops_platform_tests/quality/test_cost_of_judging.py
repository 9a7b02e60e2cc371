"""The cost of judging: as many passes as there are questions, however many rules and dates there are."""

import pandera.pandas as pandera
from pyspark.sql.connect.dataframe import DataFrame

from dataops_platform.core.contract import Table, TableContract
from dataops_platform.layers import silver
from dataops_platform_tests.layers.small_platform import day


class CountingEngine:
    """An engine that counts what is computed through it."""

    def __init__(self, engine):
        self._engine = engine
        self.stages = 0

    @property
    def session(self):
        return self._engine.session

    def stage(self, frame):
        self.stages += 1
        return self._engine.stage(frame)

    def stop(self):
        """Nothing is its own."""


def wide(rules):
    """A table of readings with so many rules."""
    columns = {f"c{n}": pandera.Column(int, pandera.Check.ge(n), nullable=True) for n in range(rules)}
    contract = TableContract(
        name="readings",
        description="One row for each reading.",
        owner="team:home",
        key=("reading_id",),
        columns={"reading_id": pandera.Column(str, nullable=False), **columns},
    )
    return Table(contract, lambda rows: rows)


def executions(engine, monkeypatch, platform_of, *, rules, days):
    """How often the engine computed anything while some dates with a broken and a duplicate row were judged."""
    counting, answers = CountingEngine(engine), []
    small = platform_of([wide(rules)], f"{rules}-{days}")
    small.engine = counting
    for number in range(1, days + 1):
        text = "reading_id,c0\n" + "".join(f"r{n},5\n" for n in range(30)) + "r1,-1\n"
        small.land("readings", day(number), text)
    small.load_bronze("readings", [day(number) for number in range(1, days + 1)])
    to_arrow = DataFrame.toArrow

    def counted(frame):
        answers.append(frame)
        return to_arrow(frame)

    with monkeypatch.context() as patched:
        patched.setattr(DataFrame, "toArrow", counted)
        done = silver.publish(small.ports, small.tables[0], [day(number) for number in range(1, days + 1)])
    assert [verdict.rows for verdict in done.verdicts] == [31] * days
    return counting.stages, len(answers)


def test_what_judging_costs_does_not_grow_with_rules_or_dates(engine, monkeypatch, platform_of):
    few = executions(engine, monkeypatch, platform_of, rules=1, days=1)
    many_rules = executions(engine, monkeypatch, platform_of, rules=60, days=1)
    many_dates = executions(engine, monkeypatch, platform_of, rules=1, days=8)

    assert many_rules == few
    assert many_dates == few
    assert sum(few) <= 6
