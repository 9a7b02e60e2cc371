"""This room holds every deliberate error.

PlatformError
├── EnvironmentProblem      something outside is wrong: storage, credentials, ports, variables; mend it and run again
│   ├── Unreachable         the outside did not answer this time; trying again can help
│   ├── EngineLost          a cluster lost a session twice in one step; nothing is half-written
│   └── TableTooNew         another program raised a table's Delta protocol beyond what is known here
├── NotIngested             an announced object is not in the raw zone yet; whoever announced it says so again
├── ObjectChanged           a landed version was overwritten or deleted meanwhile; the next look finds what is there
├── RawObjectDamaged        an object of the raw zone is not what was copied there
├── NoSuchPartition         what a command was to work on is not there, or not in that state
├── UnclearRequest          what somebody asked for lacks something, or cannot be read
├── TableUnreadable         a table of the lake is not there, or is damaged; others are not concerned
├── Interrupted             somebody told the work to stop, and it has; nothing is half-done
├── NoSuchColumn            a table or column that somebody asked the lineage of is not there
├── NotPlanned              a table's code asks what only data or a server can tell; its lineage is then unknown
├── ContractProblem         a table's file contradicts itself; found when definitions load
├── PublishRefused          rows do not fit the partitions or the schema they claim; nothing was written
│   └── WriteConflict       another writer published the same partitions first; trying again can help
└── PartitionsRefused       the contract refused partitions; the others were published

Whoever catches may ask `error.is_transient`: the one place where permanent and transient are told apart.
"""

from __future__ import annotations


class PlatformError(Exception):
    """A problem with a text for people: which table or file, what happened, where the evidence is, what to do."""

    is_transient = False


class EnvironmentProblem(PlatformError):
    """Something outside the platform is missing or wrong."""


class Unreachable(EnvironmentProblem):
    """A service did not answer; the same call may succeed later."""

    is_transient = True


class EngineLost(EnvironmentProblem):
    """A cluster lost the session of a step, and then that of the step's second try."""


class TableTooNew(EnvironmentProblem):
    """A table of the lake is of a Delta protocol that nobody here reads or writes."""


class NotIngested(PlatformError):
    """What a notification names is not in the raw zone, or its job was not started."""


class ObjectChanged(PlatformError):
    """The version of an object that was listed is not there any more."""


class RawObjectDamaged(PlatformError):
    """The raw zone was changed by something else, or its storage failed."""


class NoSuchPartition(PlatformError):
    """A table's ingestion date that somebody named is not there, or is not in the state he thought."""


class UnclearRequest(PlatformError):
    """What somebody asked for lacks something, or cannot be understood; nothing was done."""


class TableUnreadable(PlatformError):
    """A table of the lake cannot be described: it is gone, its log is damaged, or it is newer than this reader."""


class Interrupted(PlatformError):
    """The work was told to stop, and stopped where it left nothing half-done."""


class NoSuchColumn(PlatformError):
    """A table or column that somebody named is not there."""


class NotPlanned(PlatformError):
    """What was asked cannot be told from a plan alone."""


class ContractProblem(PlatformError):
    """A contract or table file contradicts itself."""


class PublishRefused(PlatformError):
    """Rows were not written, because they are not what was announced."""


class WriteConflict(PublishRefused):
    """Another writer committed to the same partitions in between."""

    is_transient = True


class PartitionsRefused(PlatformError):
    """Some partitions broke their contract and were not published."""
