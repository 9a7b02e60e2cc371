#!/usr/bin/env bash
# What a reviewer is told of a change, in build/review.md: its contracts and definitions, compared with those it started from.
# Usage: deploy/review.sh [branch it is to be merged into; origin/main]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-$PWD/.venv/bin/python}

base=$(git merge-base "${1:-origin/main}" HEAD)
rm -rf build/review
mkdir -p build/review/before
git archive "$base" | tar -x -C build/review/before

snapshot() { (cd "$1" && PYTHONPATH=$1 "$python" -m dataops_platform.cli snapshot); }

definitions() {
  if ! snapshot "$PWD/build/review/before" > build/review/before.txt 2> build/review/error.txt; then
    echo "What this started from cannot tell its definitions:"
    tail -n 1 build/review/error.txt
    return
  fi
  snapshot "$PWD" > build/review/now.txt
  diff --unified=0 build/review/before.txt build/review/now.txt | grep '^[+-][^+-]' || echo "Nothing has changed."
}

{
  echo "## What this change does to tables"
  printf '\n### Contracts\n\n```text\n'
  PYTHONPATH=$PWD "$python" -m dataops_platform.cli contracts diff --against build/review/before/docs/contracts --allow-breaking
  printf '```\n\n### Assets, checks, jobs, sensors and schedules\n\n```diff\n'
  definitions
  printf '```\n'
} > build/review.md
cat build/review.md
