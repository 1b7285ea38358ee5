/** What `cola` and the server exit with. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  check: 3,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/**
 * Who can mend an error: `settings`, whoever started the process: with the same settings and command line it
 * fails again; `request`, whoever sent the job; `service`, whoever runs Redis, MLflow or the webhook; `project`, its
 * developers.
 */
export type Mender = "settings" | "request" | "service" | "project";

/** What follows from an error code, at every boundary of the project. */
export interface ErrorMeaning {
  /** Whether the cause may pass by itself: a worker then tries the job again, up to the job's attempts. */
  retried: boolean;
  /** Of the HTTP answer. */
  status: 400 | 401 | 403 | 404 | 408 | 409 | 412 | 413 | 416 | 429 | 500 | 502 | 503 | 504 | 507;
  /** Of the command. */
  exit: typeof EXIT.failed | typeof EXIT.usage | typeof EXIT.check;
  mender: Mender;
  /** With it the same request cannot be fulfilled as it stands: what a batch made until then is thrown away. */
  voidsBatch?: true;
  /** If a chunk fails with it, the others would fail as well: the batch ends, and no chunk is given up. */
  endsBatch?: true;
}

/**
 * Every failure a user can meet, as a closed set, and what it means: the one place that decides. `docs/errors.md`
 * holds the same table with words; a test holds the two together.
 */
export const ERROR_TABLE = {
  // configuration and usage
  CONFIG_INVALID: { retried: false, status: 400, exit: EXIT.usage, mender: "settings" },
  USAGE: { retried: false, status: 400, exit: EXIT.usage, mender: "settings" },
  // input data
  INPUT_NOT_FOUND: {
    retried: false,
    status: 400,
    exit: EXIT.failed,
    mender: "request",
    voidsBatch: true,
    endsBatch: true,
  },
  INPUT_UNREADABLE: { retried: false, status: 400, exit: EXIT.failed, mender: "request", voidsBatch: true },
  INPUT_EMPTY: { retried: false, status: 400, exit: EXIT.failed, mender: "request", voidsBatch: true },
  INPUT_CHANGED: {
    retried: false,
    status: 400,
    exit: EXIT.failed,
    mender: "request",
    voidsBatch: true,
    endsBatch: true,
  },
  INPUT_TOO_LARGE: { retried: false, status: 413, exit: EXIT.failed, mender: "request", voidsBatch: true },
  COLUMN_NOT_FOUND: { retried: false, status: 400, exit: EXIT.failed, mender: "request", voidsBatch: true },
  LABELS_INVALID: { retried: false, status: 400, exit: EXIT.failed, mender: "request" },
  TOO_FEW_ROWS: { retried: false, status: 400, exit: EXIT.failed, mender: "request" },
  TOO_MANY_REJECTED: { retried: false, status: 400, exit: EXIT.failed, mender: "request", voidsBatch: true },
  PATH_NOT_ALLOWED: { retried: false, status: 400, exit: EXIT.failed, mender: "request", endsBatch: true },
  // output
  OUTPUT_EXISTS: { retried: false, status: 409, exit: EXIT.failed, mender: "request" },
  OUTPUT_BUSY: { retried: false, status: 409, exit: EXIT.failed, mender: "request" },
  OUTPUT_UNWRITABLE: { retried: false, status: 400, exit: EXIT.failed, mender: "request", endsBatch: true },
  RECEIPT_MISMATCH: { retried: false, status: 400, exit: EXIT.check, mender: "request" },
  // what is kept on disk
  STATE_NEWER: { retried: true, status: 503, exit: EXIT.usage, mender: "settings", endsBatch: true },
  // model and registry
  MODEL_NOT_FOUND: {
    retried: false,
    status: 404,
    exit: EXIT.failed,
    mender: "request",
    voidsBatch: true,
    endsBatch: true,
  },
  MODEL_CORRUPT: {
    retried: false,
    status: 400,
    exit: EXIT.failed,
    mender: "request",
    voidsBatch: true,
    endsBatch: true,
  },
  MODEL_MISMATCH: { retried: false, status: 400, exit: EXIT.failed, mender: "request", voidsBatch: true },
  TRAINING_FAILED: { retried: false, status: 400, exit: EXIT.failed, mender: "request" },
  PARAMETER_INVALID: { retried: false, status: 400, exit: EXIT.usage, mender: "request" },
  // services
  REDIS_UNREACHABLE: { retried: true, status: 503, exit: EXIT.usage, mender: "service" },
  REDIS_REFUSED: { retried: false, status: 503, exit: EXIT.usage, mender: "settings", endsBatch: true },
  REDIS_FULL: { retried: true, status: 503, exit: EXIT.failed, mender: "service", endsBatch: true },
  MLFLOW_UNREACHABLE: { retried: true, status: 503, exit: EXIT.usage, mender: "service", endsBatch: true },
  MLFLOW_FAILED: { retried: false, status: 502, exit: EXIT.failed, mender: "service", endsBatch: true },
  WEBHOOK_FAILED: { retried: true, status: 400, exit: EXIT.failed, mender: "service" },
  // jobs
  JOB_INVALID: { retried: false, status: 400, exit: EXIT.failed, mender: "request" },
  JOB_NOT_FOUND: { retried: false, status: 404, exit: EXIT.failed, mender: "request" },
  NO_RESULT: { retried: false, status: 409, exit: EXIT.failed, mender: "request" },
  JOB_CANCELLED: { retried: false, status: 400, exit: EXIT.failed, mender: "request", voidsBatch: true },
  JOB_FAILED: { retried: false, status: 400, exit: EXIT.failed, mender: "request" },
  CHUNK_FAILED: { retried: false, status: 400, exit: EXIT.failed, mender: "request" },
  CHECK_FAILED: { retried: false, status: 400, exit: EXIT.check, mender: "request" },
  // the producer's server
  IDEMPOTENCY_CONFLICT: { retried: false, status: 409, exit: EXIT.failed, mender: "request" },
  UNAUTHORIZED: { retried: false, status: 401, exit: EXIT.failed, mender: "request" },
  FORBIDDEN: { retried: false, status: 403, exit: EXIT.failed, mender: "request" },
  FILE_NOT_FOUND: { retried: false, status: 404, exit: EXIT.failed, mender: "request" },
  PRECONDITION_FAILED: { retried: false, status: 412, exit: EXIT.failed, mender: "request" },
  RANGE_INVALID: { retried: false, status: 416, exit: EXIT.failed, mender: "request" },
  STORAGE_FULL: { retried: false, status: 507, exit: EXIT.failed, mender: "service" },
  REQUEST_TIMEOUT: { retried: false, status: 408, exit: EXIT.failed, mender: "request" },
  RATE_LIMITED: { retried: false, status: 429, exit: EXIT.failed, mender: "request" },
  SERVER_BUSY: { retried: true, status: 503, exit: EXIT.failed, mender: "service" },
  DEADLINE_EXCEEDED: { retried: true, status: 504, exit: EXIT.failed, mender: "service" },
  // what should not happen
  INTERNAL: { retried: true, status: 500, exit: EXIT.failed, mender: "project" },
} as const satisfies Record<string, ErrorMeaning>;

/** What a code means, with the properties that only some codes have. */
export const meaningOf = (code: keyof typeof ERROR_TABLE): ErrorMeaning => ERROR_TABLE[code];
