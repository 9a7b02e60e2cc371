"""This room's OpenLineage: a step of a run → the event that programs such as Marquez or DataHub read.

Of each table written: its columns, where each comes from, and what was published; of what was judged: its checks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlparse
from uuid import UUID, uuid5

from openlineage.client import event_v2, facet_v2

from dataops_platform.catalog.lineage_graph import LineageGraph
from dataops_platform.core.lineage import Edge, How, Origin
from dataops_platform.core.step_events import StepEvent, Written

PRODUCER = "urn:dataops-platform"
_STATES = {
    "start": event_v2.RunState.START,
    "complete": event_v2.RunState.COMPLETE,
    "fail": event_v2.RunState.FAIL,
}
_ABOUT_COLUMNS = ("_is_present", "_is_valid")


@dataclass(frozen=True)
class OpenLineageEvents:
    """Makes events of steps.

    Attributes:
        namespace: of the jobs, as OpenLineage calls the group they are in.
        lake_url, landing_url: where tables and landed files are.
    """

    graph: LineageGraph
    namespace: str
    lake_url: str
    landing_url: str

    def event(self, step: StepEvent) -> event_v2.RunEvent:
        """The event of one state of a step."""
        run = event_v2.Run(_run_id(step), self._run_facets(step))
        inputs = {source for asset in step.assets for source in self.graph.table(asset).sources}
        return event_v2.RunEvent(
            eventTime=step.at.isoformat(),
            eventType=_STATES[step.state],
            run=run,
            job=event_v2.Job(self.namespace, step.step),
            inputs=[self._input(source, step) for source in sorted(inputs)],
            outputs=[self._output(asset, step) for asset in step.assets],
            producer=PRODUCER,
        )

    def _run_facets(self, step: StepEvent) -> dict[str, facet_v2.RunFacet]:
        last = max(step.dates) + timedelta(days=1)
        parent_run, parent_job = facet_v2.parent_run.Run(step.run_id), facet_v2.parent_run.Job
        facets: dict[str, facet_v2.RunFacet] = {
            "parent": facet_v2.parent_run.ParentRunFacet(
                parent_run, parent_job(self.namespace, step.job), producer=PRODUCER
            ),
            "nominalTime": facet_v2.nominal_time_run.NominalTimeRunFacet(
                _midnight(min(step.dates)), _midnight(last), producer=PRODUCER
            ),
        }
        if step.problem:
            facets["errorMessage"] = facet_v2.error_message_run.ErrorMessageRunFacet(
                step.problem, "python", producer=PRODUCER
            )
        return facets

    def _input(self, source: str, step: StepEvent) -> event_v2.InputDataset:
        facets: dict[str, facet_v2.InputDatasetFacet] = {}
        if source.startswith("bronze/") and step.checks:
            assertions = [_assertion(name, success=passed) for name, passed in step.checks.items()]
            facets["dataQualityAssertions"] = (
                facet_v2.data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
                    assertions, producer=PRODUCER
                )
            )
        return event_v2.InputDataset(*self._place(source), facets)

    def _output(self, asset: str, step: StepEvent) -> event_v2.OutputDataset:
        facets: dict[str, facet_v2.DatasetFacet] = {
            "schema": self._schema(asset),
            "columnLineage": self._columns(asset),
        }
        statistics: dict[str, facet_v2.OutputDatasetFacet] = {}
        written = step.written.get(asset)
        if written is not None:
            version = facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet
            facets["version"] = version(str(written.version), producer=PRODUCER)
            statistics["outputStatistics"] = _statistics(written)
        return event_v2.OutputDataset(*self._place(asset), statistics, facets=facets)

    def _schema(self, asset: str) -> facet_v2.DatasetFacet:
        fields = [
            facet_v2.schema_dataset.SchemaDatasetFacetFields(name, type_, ordinal_position=position)
            for position, (name, type_) in enumerate(self.graph.recipe(asset).columns.items(), 1)
        ]
        return facet_v2.schema_dataset.SchemaDatasetFacet(fields, producer=PRODUCER)

    def _columns(self, asset: str) -> facet_v2.DatasetFacet:
        table = self.graph.table(asset)
        return facet_v2.column_lineage_dataset.ColumnLineageDatasetFacet(
            fields={
                name: facet_v2.column_lineage_dataset.Fields(self._fields(origin))
                for name, origin in table.columns.items()
            },
            dataset=self._fields(table.rows),
            producer=PRODUCER,
        )

    def _fields(self, origin: Origin) -> list[facet_v2.column_lineage_dataset.InputField]:
        """Each source column once, with every way in which it takes part."""
        hows: Mapping[str, set[How]] = _by_column(origin.edges)
        return [
            facet_v2.column_lineage_dataset.InputField(
                *self._place(column.partition(".")[0]),
                column.partition(".")[2],
                [_transformation(how, origin) for how in sorted(hows[column])],
            )
            for column in sorted(hows)
        ]

    def _place(self, asset: str) -> tuple[str, str]:
        """Namespace and name of a table or of what lands, by OpenLineage's rules for object stores and files."""
        layer, _, table = asset.partition("/")
        url = urlparse(self.landing_url if layer == "landing" else self.lake_url)
        name = table if layer == "landing" else asset
        if url.scheme == "s3":
            return f"s3://{url.netloc}", f"{url.path.strip('/')}/{name}".lstrip("/")
        return "file", f"{url.path.rstrip('/')}/{name}"


def _by_column(edges: Iterable[Edge]) -> Mapping[str, set[How]]:
    found: dict[str, set[How]] = defaultdict(set)
    for edge in edges:
        found[edge.column].add(edge.how)
    return found


def _transformation(how: How, origin: Origin) -> facet_v2.column_lineage_dataset.Transformation:
    return facet_v2.column_lineage_dataset.Transformation(
        type="DIRECT" if how.is_value else "INDIRECT",
        subtype=how.value.upper(),
        description=", ".join(sorted(origin.unknown)) if how is How.UNKNOWN else None,
    )


def _assertion(name: str, *, success: bool) -> facet_v2.data_quality_assertions_dataset.Assertion:
    column = next((name.removesuffix(end) for end in _ABOUT_COLUMNS if name.endswith(end)), None)
    is_column = column not in {None, "row", "partition"}
    return facet_v2.data_quality_assertions_dataset.Assertion(name, success, column if is_column else None)


def _statistics(written: Written) -> facet_v2.OutputDatasetFacet:
    return facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        written.rows, written.bytes, written.files, producer=PRODUCER
    )


def _run_id(step: StepEvent) -> str:
    """One of its own for each try of a step, the same in all of its events."""
    return str(uuid5(UUID(step.run_id), f"{step.step}/{step.attempt}"))


def _midnight(day: object) -> str:
    return datetime.fromisoformat(str(day)).replace(tzinfo=UTC).isoformat()
