#!/bin/sh
# Scores a file and two texts over the HTTP API with curl: predict.sh new.csv scored.csv
# COLAML_URL says where the API is, COLAML_API_TOKEN is its token if it has one. The paths are relative to its data folder.
set -eu
url=${COLAML_URL:-http://127.0.0.1:7077}

# $1 method, $2 path, $3 body
ask() {
  curl --silent --show-error --fail-with-body --request "$1" "$url$2" \
    --header "authorization: Bearer ${COLAML_API_TOKEN:-}" --header 'content-type: application/json' ${3:+--data "$3"}
}

# $1 JSON, $2 a member whose value is a text
member() { printf '%s' "$1" | sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p"; }

# $1 body of a predict job; prints its result. An Idempotency-Key header would make it safe to send again.
predict() {
  accepted=$(ask POST /jobs/predict "$1")
  job=$(member "$accepted" status)
  while :; do
    case $(ask GET "$job") in
      *'"status":"completed"'*) ask GET "$job/result"; return ;;
      *'"status":"failed"'*) ask GET "$job" >&2; return 1 ;;
    esac
    sleep 0.2
  done
}

file=$(predict "{\"input\": {\"path\": \"$1\"}, \"output\": \"$2\"}")
texts=$(predict '{"texts": ["my order never arrived", "thanks, have a nice day"]}')
printf '{"file": %s, "texts": %s}\n' "$file" "$texts"
