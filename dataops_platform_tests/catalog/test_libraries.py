"""The libraries that pages bring along are those that were published, and readers are told whose they are."""

import hashlib
import json
from importlib.resources import files

import pytest

from dataops_platform.catalog.site import LIBRARIES
from dataops_platform.catalog.templates import FOLDER, ROOM
from dataops_platform_tests.catalog.test_site import pages_of_nothing

HERE = files(ROOM).joinpath(FOLDER)
KEPT = json.loads(HERE.joinpath(LIBRARIES).read_bytes())
FILES = {one["name"]: one["sha256"] for kept in KEPT for one in kept["files"]}
OURS = {"charts.js", "lineage.js", "site.js", "style.css", "table.css", "report.css"}


@pytest.mark.parametrize("name", FILES)
def test_a_kept_file_is_byte_for_byte_the_one_that_was_published(name):
    assert hashlib.sha256(HERE.joinpath(name).read_bytes()).hexdigest() == FILES[name]


def test_every_script_and_style_is_ours_or_of_a_library_of_which_all_is_told():
    found = {one.name for one in HERE.iterdir() if one.name.endswith((".js", ".css"))}

    assert found == OURS | set(FILES)
    for kept in KEPT:
        text = "\n".join(kept["license_text"])
        assert kept["license"] == "MIT"
        assert "Copyright" in text
        assert "above copyright notice and this permission notice shall be included" in " ".join(text.split())
        assert kept["from"] == f"npm pack {kept['package']}@{kept['version']}"
        assert kept["integrity"].startswith("sha512-")


def test_a_site_carries_the_libraries_with_their_licences():
    made = dict(pages_of_nothing())

    for name in (*FILES, LIBRARIES):
        assert made[name] == HERE.joinpath(name).read_bytes()
    assert f'href="{LIBRARIES}"' in made["index.html"].decode()


def test_scripts_of_libraries_build_no_code_from_text():
    """The policy of the pages refuses it; a library that needs it would fail only once somebody uses it."""
    for name in FILES:
        text = HERE.joinpath(name).read_text()
        assert "eval(" not in text
        assert "new Function" not in text
