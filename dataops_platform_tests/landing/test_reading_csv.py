"""CSV: every line ends in a row of text, or in a row that says what could not be read."""

import gzip

import pytest

from dataops_platform_tests.landing.parsed_rows import CSV, parsed, rows, unreadable


def test_rows_are_text_whatever_they_look_like():
    assert rows(b"id,city\n007,1.50\n1e3,true\n") == [("007", "1.50"), ("1e3", "true")]


@pytest.mark.parametrize("body", [CSV, CSV.replace(b"\n", b"\r\n"), CSV.rstrip(), b"\xef\xbb\xbf" + CSV])
def test_line_ends_a_missing_last_one_and_a_byte_order_mark_change_nothing(body):
    assert rows(body, "_position", "id", "city") == [(1, "1", "Rio"), (2, "2", "Bahia")]


def test_a_reordered_header_swaps_no_values():
    assert rows(b"city,id\nRio,1\n") == [("1", "Rio")]


def test_a_ragged_line_says_so_at_its_position_and_its_neighbours_are_sound():
    body = b"id,city\n1,Rio\n2,Bahia,extra\n3,Natal\n4\n5,Recife\n"

    assert rows(body, "_position", "id") == [(1, "1"), (3, "3"), (5, "5")]
    assert unreadable(body) == [
        (2, "line has 3 fields, the header 2: 2,Bahia,extra"),
        (4, "line has 1 fields, the header 2: 4"),
    ]


def test_a_quoted_line_break_is_part_of_the_value_and_of_one_row():
    body = b'id,city\n1,"Rio\nde Janeiro"\n2,Bahia,extra\n3,"a ""b"", c"\n'

    assert rows(body, "_position", "city") == [(1, "Rio\nde Janeiro"), (3, 'a "b", c')]
    assert [position for position, _ in unreadable(body)] == [2]


def test_an_unclosed_quote_does_not_swallow_the_rows_after_it():
    body = b'id,city\n1,Rio\n2,"Bahia\n3,Natal\n'

    assert not [city for _, city in rows(body) if "\n" in city]
    assert unreadable(body)


#: A stray quote, and how the row after next closes it by chance.
STRAY = {
    "two are left open": (b'"c1,a,1\nc2,b,2\n"c3,c,3\n', {1: '"c1,a,1', 3: '"c3,c,3'}),
    "one is left open and one was never opened": (
        b'"c1,a,1\nc2,b,2\nc3,c,3"\n',
        {1: '"c1,a,1', 3: 'c3,c,3"'},
    ),
    "two values are a quote each": (b'c1,",1\nc2,b,2\nc3,",3\n', {1: 'c1,",1', 3: 'c3,",3'}),
    "two in the last column": (b'c1,a,"\nc2,b,2\nc3,c,"\n', {1: 'c1,a,"', 3: 'c3,c,"'}),
    "two in one line": (b'"c1,"a,b,1\nc2,b,2\nc3,"c,3\n', {1: '"c1,"a,b,1', 3: 'c3,"c,3'}),
}


@pytest.mark.parametrize("stray", STRAY)
def test_an_even_number_of_stray_quotes_swallows_no_row_between_them(stray):
    lines, broken = STRAY[stray]
    body = b"id,city,size\nc0,z,0\n" + lines + b"c4,d,4\n"

    assert rows(body, "_position", "id") == [(1, "c0"), (3, "c2"), (5, "c4")]
    assert unreadable(body) == [
        (at + 1, f"line has an unclosed quote: {text}") for at, text in broken.items()
    ]


@pytest.mark.parametrize(
    "body",
    [
        b'id,city,size\n1,"Rio\nde Janeiro",5\n2,"a ""b"", c",7\n',
        b'id,city,size\n1,SP,"yes\nno, or, so"\n2,"",7\n',
        b'id,city,size\n1,5" pipe,6" pipe\n2,"\n",7\n',
    ],
)
def test_a_value_of_several_lines_stays_one_whatever_it_looks_like(body):
    assert [row for (row,) in rows(body, "id")] == ["1", "2"]
    assert unreadable(body) == []


def test_an_unclosed_quote_swallows_nothing_of_a_file_of_any_length():
    sound = "".join(f"{number},{'x' * 100}\n" for number in range(3_000))
    body = f'id,city\n{sound}9999,"Bahia\n{sound}'.encode()

    assert len(rows(body)) == 6_000
    assert [position for position, _ in unreadable(body)] == [3_001]


def test_a_field_left_empty_is_null_and_so_is_what_the_contract_says_means_null():
    body = b'id,city\n1,\n2,""\n3,NA\n4,"NA"\n'

    assert rows(body, null_values=("NA",)) == [("1", None), ("2", None), ("3", None), ("4", None)]
    assert rows(body)[2:] == [("3", "NA"), ("4", "NA")]


def test_an_unknown_column_is_rescued_and_a_missing_one_is_null_and_told():
    body = b"id,colour,size\n1,red,\n"

    found = parsed(body)

    assert found.absent == ("city",)
    assert rows(body, "id", "city", "_rescued") == [("1", None, '{"colour":"red","size":null}')]


def test_of_two_columns_with_one_name_neither_is_lost():
    [(first, rescued)] = rows(b"id,city,city\n1,Rio,Bahia\n", "city", "_rescued")

    assert first == "Rio"
    assert "Bahia" in (rescued or "")


def test_the_contract_names_the_encoding():
    body = "id,city\n1,São Paulo\n".encode("latin-1")

    assert rows(body, encoding="latin-1") == [("1", "São Paulo")]
    assert unreadable(body) == [(1, "the file is not utf-8 (byte 11)")]


@pytest.mark.parametrize("body", [b"id,city\n", b"id,city", b"id,city\r\n"])
def test_a_header_alone_is_a_file_without_rows(body):
    found = parsed(body)

    assert found.rows.num_rows == 0
    assert found.absent == ()


def test_blank_lines_before_the_header_do_not_hide_it():
    assert rows(b"\n\n" + CSV) == [("1", "Rio"), ("2", "Bahia")]


@pytest.mark.parametrize("body", [b"", b"\n \n", gzip.compress(b"")], ids=["empty", "blank", "gzip"])
def test_an_empty_file_is_one_row_that_says_so(body):
    assert unreadable(body) == [(1, "the file is empty")]


def test_a_byte_order_mark_that_begins_a_value_is_part_of_it():
    found = parsed("id,city\n\ufeff1,Rio\n".encode()).rows.to_pylist()

    assert [(row["id"], row["_position"]) for row in found] == [("\ufeff1", 1)]


def test_a_row_that_fits_no_header_is_told_of_whatever_the_header_holds():
    found = parsed(b"\x00\nid,city\nx\n").rows.to_pylist()

    assert sorted(row["_position"] for row in found) == [1, 2]
    assert [row["_corrupt_record"] for row in found if row["_position"] == 1] == [
        "line has 2 fields, the header 1: id,city"
    ]
