#!/usr/bin/env bash
# A gate for a pipeline: train on one file, fail the build where the model does badly on another.
#   examples/check-in-ci.sh train.csv holdout.csv
set -euo pipefail
cd "$(dirname "$0")/.."
npm run -s cola -- train "$1" --json
# Exit code 3: a check failed; anything else but 0: it could not be made.
npm run -s cola -- monitor "$2" --accuracy-threshold 0.8 --json
