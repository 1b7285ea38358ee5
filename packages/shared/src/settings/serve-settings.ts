import { integer } from "./setting-kinds";

/** How the API's process answers `/invocations`. */
export const serveSettings = {
  refreshMs: integer({
    doc: "Milliseconds between two looks at the alias of a model that is served",
    env: "COLAML_SERVE_REFRESH_MS",
    default: 3_000,
    min: 100,
    max: 3_600_000,
  }),
  models: integer({
    doc: "Models in the memory of the API for scoring, by alias or version; the one used least recently is dropped, the configured one never",
    env: "COLAML_SERVE_MODELS",
    default: 4,
    min: 1,
    max: 64,
  }),
  inFlight: integer({
    doc: "Scoring requests in hand at a time; more are answered with 503 and Retry-After",
    env: "COLAML_SERVE_IN_FLIGHT",
    default: 128,
    min: 1,
    max: 10_000,
  }),
  deadlineMs: integer({
    doc: "Milliseconds a scoring request may take, its body included; then it is answered with 504",
    env: "COLAML_SERVE_DEADLINE_MS",
    default: 30_000,
    min: 1,
    max: 600_000,
  }),
  requestsPerSecond: integer({
    doc: "Scoring requests per second and caller; more are answered with 429; 0: no limit",
    env: "COLAML_SERVE_REQUESTS_PER_SECOND",
    default: 0,
    min: 0,
    max: 1_000_000,
  }),
  maxBytes: integer({
    doc: "Bytes of a scoring request",
    env: "COLAML_SERVE_MAX_BYTES",
    default: 1_048_576,
    min: 1024,
    max: 67_108_864,
  }),
  maxRows: integer({
    doc: "Rows of a scoring request",
    env: "COLAML_SERVE_MAX_ROWS",
    default: 10_000,
    min: 1,
    max: 1_000_000,
  }),
};
