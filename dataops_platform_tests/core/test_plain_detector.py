"""The plain detector in plain Python: the same answers as the one that judges many series at once."""

import math

import numpy as np
import pytest

from dataops_platform.core.plain_detector import PLAIN_DAYS, distance, only_rises_matter
from dataops_platform.observability.anomalies import scale_of
from dataops_platform.observability.detectors import plain


@pytest.mark.parametrize("metric", ["row_count", "city_null_pct", "quarantined", "bytes"])
def test_both_detectors_give_the_same_answer(metric):
    made = np.random.default_rng(7)
    series = np.hstack([made.normal(100, 10, (200, PLAIN_DAYS)), made.normal(100, 60, (200, 1))])

    many = plain(series, [scale_of(metric)] * len(series))
    each = [distance(row[-1], row[:-1]) for row in series.tolist()]

    for name in ("expected", "low", "high", "score"):
        assert np.allclose(getattr(many, name)[:, -1], [getattr(one, name) for one in each])
    found = [one.is_unusual(only_rises=only_rises_matter(metric)) for one in each]
    assert list(many.unusual[:, -1]) == found
    assert 20 < sum(found) < 180


def test_where_nothing_ever_differed_any_other_number_is_infinitely_far():
    assert distance(5.0, [5.0, 5.0]).score == 0
    assert distance(6.0, [5.0, 5.0]).score == math.inf
    assert distance(4.0, [5.0, 5.0]).score == -math.inf
