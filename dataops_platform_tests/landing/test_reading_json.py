"""JSON: lines and arrays give the rows that a CSV file of the same values would."""

from decimal import Decimal

import pytest

from dataops_platform_tests.landing.parsed_rows import parsed, rows, unreadable


def test_json_lines_and_a_json_array_give_the_same_rows():
    lines = b'{"id":"1","city":"Rio"}\n{"id":"2","city":null}\n'
    array = b'[{"id":"1","city":"Rio"},\n {"id":"2","city":null}]'

    assert rows(lines) == rows(array) == [("1", "Rio"), ("2", None)]


def test_a_byte_order_mark_before_json_changes_nothing():
    assert rows(b'\xef\xbb\xbf{"id":"1"}\n') == [("1", None)]


def test_a_broken_json_line_says_so_at_its_position_and_its_neighbours_are_sound():
    body = b'{"id":"1"}\n{"id":\n[1]\n{"id":"4"}\n'

    assert rows(body, "_position", "id") == [(1, "1"), (4, "4")]
    assert unreadable(body) == [(2, 'line is no JSON object: {"id":'), (3, "line is no JSON object: [1]")]


def test_a_json_array_that_was_cut_off_says_so():
    assert unreadable(b'[{"id":"1"},{"id":') == [
        (1, "line is no JSON object: the array is cut off or malformed")
    ]


def test_json_values_become_the_text_people_would_write():
    body = b'{"id":7,"city":true}\n{"id":1.5,"city":{"name":"Rio"}}\n{"id":null,"city":["Rio"]}\n'

    assert rows(body) == [("7", "true"), ("1.5", '{"name":"Rio"}'), (None, '["Rio"]')]


@pytest.mark.parametrize(
    "number", ["0.1", "1234567890123456.78", "9999999999999999.99", "12345678901234567890"]
)
def test_no_digit_of_a_json_number_is_lost(number):
    [(text, _)] = rows(f'{{"id":{number}}}\n'.encode())

    assert Decimal(text) == Decimal(number)


def test_unknown_and_missing_json_fields_are_treated_as_columns_are():
    body = b'{"id":"1","colour":"red"}\n'

    assert parsed(body).absent == ("city",)
    assert rows(body, "id", "_rescued") == [("1", '{"colour":"red"}')]


def test_json_text_that_means_null_is_null():
    assert rows(b'{"id":"1","city":"NA"}\n', null_values=("NA",)) == [("1", None)]
