#!/usr/bin/env bash
# A gate for a pipeline: train on one file; the new version becomes champion only if it does well on another.
#   examples/check-in-ci.sh train.csv holdout.csv
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# --prefix leaves the folder as it is: the files are meant from here.
cola() { npm --prefix "$root" run -s cola -- "$@"; }
# The champion stays until the gate is passed; --require-promotion would ask for a better one already here.
trained=$(cola train "$1" --no-promote --json)
field() { node -p "JSON.parse(process.argv[1])['$1']" "$trained"; }
model=$(field model)
version=$(field modelVersion)
# Exit code 3: a check failed; anything else but 0: it could not be made. Either ends the script.
cola monitor "$2" --model "models:/$model/$version" --accuracy-threshold "${ACCURACY:-0.8}" --json
cola models promote "$version" --model "$model" --reason "passed the gate on $(basename "$2")"
