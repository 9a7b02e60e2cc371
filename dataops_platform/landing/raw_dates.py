"""This room's view of the raw zone on some dates: as much of it as somebody asked for, listed once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import date

from dataops_platform.core.landed_object import METADATA_SUFFIX
from dataops_platform.landing.raw_zone import RawListing, RawZone


class RawDates:
    """What the raw zone holds of the dates that were asked for.

    Attributes:
        days: the dates asked for.
        keys: the keys there; of other dates too once everything is known.
    """

    def __init__(self, zone: RawZone) -> None:
        self.days: set[date] = set()
        self.keys: set[str] = set()
        self._zone = zone
        self._alone: set[str] = set()
        self._is_whole = False

    @property
    def known(self) -> AbstractSet[str]:
        """Every key that is known to be there, of whole dates or of none."""
        return self.keys | self._alone if self._alone else self.keys

    def look_at(self, days: AbstractSet[date]) -> None:
        """`keys` holds what the raw zone holds of these dates too."""
        new = sorted(days - self.days)
        self.days |= days
        if new and not self._is_whole:
            self.keys |= self._zone.listing(new).keys

    def look_for(self, raw_keys: Sequence[str]) -> None:
        """`known` holds those of these objects that are there, and their companions; `keys` stays what it is."""
        if not self._is_whole:
            self._alone |= self._zone.named(raw_keys)

    def look_at_everything(self) -> None:
        """`keys` holds all that the raw zone holds."""
        self.know_everything(self._zone.listing().keys)

    def know_everything(self, keys: Iterable[str]) -> None:
        """`keys` holds these, which are all that the raw zone holds."""
        self._is_whole = True
        self.keys.update(keys)

    def add(self, raw_keys: Iterable[str]) -> None:
        """These objects and their companions are there too by now."""
        for key in raw_keys:
            self.keys |= {key, key + METADATA_SUFFIX}

    @property
    def listing(self) -> RawListing:
        """The same, as layers read it."""
        return RawListing(frozenset(self.keys))
