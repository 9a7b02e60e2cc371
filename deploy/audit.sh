#!/usr/bin/env bash
# What is shipped: no package with a known vulnerability, none under a licence that was not looked at, and the bill of
# materials in build/sbom.json. Works on the locked requirements alone, in an environment of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=${TOOLS:-.venv/bin}
mkdir -p build

echo "--- vulnerabilities"
# Strict, since without it a package that could not be looked up would count as sound.
"$tools/pip-audit" --strict --disable-pip --require-hashes --requirement requirements/runtime.txt

echo "--- licences"
.venv/bin/uv venv --quiet --clear --python .venv/bin/python build/runtime
.venv/bin/uv pip sync --quiet --python build/runtime/bin/python --require-hashes \
  --build-constraints requirements/dev.txt requirements/runtime.txt
"$tools/pip-licenses" --python build/runtime/bin/python --from mixed --partial-match --allow-only \
  "Apache;BSD;MIT;MPL-2.0;Mozilla Public License 2.0;PSF-2.0;Python Software Foundation;LGPL;ISC" >build/licences.txt

echo "--- bill of materials"
"$tools/cyclonedx-py" environment --output-reproducible --output-file build/sbom.json build/runtime/bin/python
