"""This file holds what vendors ask of their files: the JSON schemas that check-jsonschema carries."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema
import yaml


def breaches(schema: str, path: Path) -> list[str]:
    """Where the file is not what the schema asks for; empty where it is sound."""
    vendored = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{schema}.json"
    rules = json.loads(vendored.read_text(encoding="utf-8"))
    # PyYAML reads YAML 1.1, in which a bare `on` is true.
    content = yaml.safe_load(path.read_text(encoding="utf-8").replace("\non:\n", '\n"on":\n'))
    validator = jsonschema.validators.validator_for(rules)(rules)
    return [f"{found.json_path}: {found.message[:200]}" for found in validator.iter_errors(content)]
