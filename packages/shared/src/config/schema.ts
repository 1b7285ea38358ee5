import type { Schema } from "convict";
import { DEFAULT_MAX_REJECTED, MISSING_VALUES, QUOTE_ESCAPES } from "../jobs/names";

/** What an input is, as a file's name would say. */
export const INPUT_FORMATS = ["csv", "tsv", "ndjson"].flatMap((format) => [
  format,
  `${format}.gz`,
  `${format}.zst`,
]);

/** Everything that can be set, once: names, meaning, variable, default and range. See docs/configuration.md. */
export interface ColaConfig {
  redis: { url: string; prefix: string; cluster: boolean };
  mlflow: {
    trackingUri: string;
    experiment: string;
    username: string;
    password: string;
    token: string;
    insecureTls: boolean;
    timeoutS: number;
    maxRetries: number;
  };
  model: { name: string; alias: string; versionTag: string; hmacKey: string };
  data: {
    inputFormat: string;
    encoding: string;
    delimiter: string;
    quote: string;
    quoteEscape: string;
    columns: string;
    missingValues: string;
    maxRejected: number;
  };
  columns: { text: string; label: string; id: string };
  split: { testSize: number; validationSize: number; randomSeed: number; stratify: boolean };
  features: {
    maxFeatures: number;
    stopWords: string;
    tokenPattern: string;
    ngramMin: number;
    ngramMax: number;
  };
  boosting: {
    iterations: number;
    learningRate: number;
    depth: number;
    l2LeafReg: number;
    randomSeed: number;
  };
  champion: { threshold: number; metric: string; rule: string; alpha: number };
  train: { maxRows: number; minClassRows: number; similarLabels: string; maxMemoryMb: number };
  predict: { chunkBytes: number; window: number; transport: string };
  monitor: {
    accuracyThreshold: number;
    precisionThreshold: number;
    recallThreshold: number;
    f1Threshold: number;
    absoluteDrop: number;
    relativeDrop: number;
    classRecall: string;
    minRows: number;
    driftMinRows: number;
    falseAlarmRate: number;
    maxAmbiguous: number;
    alertRules: string;
  };
  webhook: {
    url: string;
    secret: string;
    previousSecret: string;
    allowHttp: boolean;
    allowPrivate: boolean;
    hosts: string;
    ports: string;
    giveUpAfterS: number;
  };
  worker: { concurrency: number; lockMs: number; stalledMs: number; graceMs: number; healthPort: number };
  http: { host: string; port: number; token: string; submitToken: string; readToken: string };
  logging: { level: string; format: string; file: string };
  paths: { dataDir: string; stateDir: string };
}

const share = (doc: string, env: string, value: number) => ({
  doc,
  env,
  default: value,
  format: "share" as const,
});
const text = (doc: string, env: string, value: string) => ({ doc, env, default: value, format: String });
const secret = (doc: string, env: string) => ({ doc, env, default: "", format: String, sensitive: true });
const integer = (doc: string, env: string, value: number, min: number, max: number) => ({
  doc: `${doc} (${min} to ${max})`,
  env,
  default: value,
  format: "range" as const,
  min,
  max,
  whole: true,
});
const real = (doc: string, env: string, value: number, min: number, max: number) => ({
  ...integer(doc, env, value, min, max),
  whole: false,
});
const flag = (doc: string, env: string) => ({ doc, env, default: false, format: Boolean });
const oneOf = (doc: string, env: string, value: string, allowed: string[]) => ({
  doc,
  env,
  default: value,
  format: allowed,
});

/** The convict schema; `share` and `range` are formats of `resolve-config`. */
export const configSchema = {
  redis: {
    url: {
      ...text("Redis, redis:// or rediss://; empty: the embedded server", "REDIS_URL", ""),
      format: "redis-url",
      sensitive: true,
    },
    prefix: text(
      "Prefix of every key; the braces keep a cluster's keys together",
      "COLAML_REDIS_PREFIX",
      "{colaml}",
    ),
    cluster: flag("REDIS_URL names a node of a Redis Cluster", "COLAML_REDIS_CLUSTER"),
  },
  mlflow: {
    trackingUri: {
      ...text("MLflow server, http(s)://; empty: the embedded server", "MLFLOW_TRACKING_URI", ""),
      format: "http-url",
    },
    experiment: text("Experiment of runs", "MLFLOW_EXPERIMENT_NAME", "experimento_nuevo_final"),
    username: text("Basic authentication; wins over the token", "MLFLOW_TRACKING_USERNAME", ""),
    password: secret("Basic authentication", "MLFLOW_TRACKING_PASSWORD"),
    token: secret("Bearer token", "MLFLOW_TRACKING_TOKEN"),
    insecureTls: flag("Accept any TLS certificate", "MLFLOW_TRACKING_INSECURE_TLS"),
    timeoutS: integer("Seconds a request may take", "MLFLOW_HTTP_REQUEST_TIMEOUT", 30, 1, 3600),
    maxRetries: integer("Tries again after a passing failure", "MLFLOW_HTTP_REQUEST_MAX_RETRIES", 3, 0, 20),
  },
  model: {
    name: text("Registered model", "COLAML_MODEL", "modelo_nuevo"),
    alias: text("Alias that predictors follow", "COLAML_ALIAS", "champion"),
    versionTag: text("Tag `version` of what is registered", "COLAML_VERSION_TAG", "1.0.1"),
    hmacKey: secret("Signs model manifests, and refuses unsigned ones", "COLAML_MODEL_HMAC_KEY"),
  },
  data: {
    inputFormat: oneOf(
      "Format of input files, and of stdin with .gz or .zst; empty: by the file's name",
      "COLAML_INPUT_FORMAT",
      "",
      ["", ...INPUT_FORMATS],
    ),
    encoding: {
      ...text("Encoding of input files, as TextDecoder knows it", "COLAML_ENCODING", "utf-8"),
      format: "encoding",
    },
    delimiter: {
      ...text("Character between fields, or tab; empty: by the header", "COLAML_DELIMITER", ""),
      format: "delimiter",
    },
    quote: oneOf(
      "Character around quoted fields; none: a quote is a character like any other",
      "COLAML_QUOTE",
      '"',
      ['"', "'", "`", "none"],
    ),
    quoteEscape: oneOf(
      "How a quote inside quotes is written: doubled, or behind a backslash as well (Spark, MySQL)",
      "COLAML_QUOTE_ESCAPE",
      "double",
      [...QUOTE_ESCAPES],
    ),
    columns: text(
      "Columns in order, by comma, of input files without a header; empty: the first line is the header",
      "COLAML_COLUMNS",
      "",
    ),
    missingValues: oneOf(
      "Texts and labels that count as missing: pandas' list (NA, null, None, nan, ...), or only blank ones",
      "COLAML_MISSING_VALUES",
      "pandas",
      [...MISSING_VALUES],
    ),
    maxRejected: {
      doc: "Refuse if more rows are rejected: a count, or a share below 1 that must not be reached",
      env: "COLAML_MAX_REJECTED",
      default: DEFAULT_MAX_REJECTED,
      format: "count-or-share" as const,
    },
  },
  columns: {
    text: text("Text column", "COLAML_TEXT_COLUMN", "text"),
    label: text("Label column", "COLAML_LABEL_COLUMN", "inbound"),
    id: text("Id column", "COLAML_ID_COLUMN", "tweet_id"),
  },
  split: {
    testSize: share("Share of rows for the test", "COLAML_TEST_SIZE", 0.3),
    validationSize: share("Share of the remainder for validation", "COLAML_VALIDATION_SIZE", 0.3),
    randomSeed: integer("Seed of the split", "COLAML_SPLIT_SEED", 42, 0, 4294967295),
    stratify: flag("Keep the classes' shares in each part", "COLAML_STRATIFY"),
  },
  features: {
    maxFeatures: integer("Words kept, by corpus count", "COLAML_MAX_FEATURES", 100, 1, 100_000),
    stopWords: oneOf("Stop words", "COLAML_STOP_WORDS", "english", ["english", "none"]),
    tokenPattern: text("What a word is", "COLAML_TOKEN_PATTERN", "\\b\\w+\\b"),
    ngramMin: integer("Shortest n-gram, in words", "COLAML_NGRAM_MIN", 1, 1, 5),
    ngramMax: integer("Longest n-gram, in words", "COLAML_NGRAM_MAX", 1, 1, 5),
  },
  boosting: {
    iterations: integer("Trees (a class)", "COLAML_ITERATIONS", 50, 1, 10_000),
    learningRate: real("Shrinkage of each tree", "COLAML_LEARNING_RATE", 0.05, 0.000001, 1),
    depth: integer("Depth of a tree", "COLAML_DEPTH", 6, 1, 16),
    l2LeafReg: real("L2 penalty of leaf values", "COLAML_L2_LEAF_REG", 3, 0, 1_000_000),
    randomSeed: integer("Seed of the trainer", "COLAML_RANDOM_SEED", 42, 0, 2147483647),
  },
  champion: {
    threshold: real(
      "Least test accuracy of a champion; 0: none but that of the most frequent class",
      "COLAML_CHAMPION_THRESHOLD",
      0,
      0,
      1,
    ),
    metric: oneOf("Metric that decides", "COLAML_CHAMPION_METRIC", "accuracy_score", [
      "accuracy_score",
      "f1_score",
      "macro_f1",
      "roc_auc",
    ]),
    rule: oneOf(
      "When the challenger wins; evidence: better beyond chance (significant is its old name)",
      "COLAML_CHAMPION_RULE",
      "evidence",
      ["evidence", "better", "not_worse", "significant"],
    ),
    alpha: real(
      "Chance of taking a challenger for better that is not",
      "COLAML_CHAMPION_ALPHA",
      0.05,
      0.000001,
      0.5,
    ),
  },
  train: {
    maxRows: integer("Train on a seeded sample of so many rows; 0: all", "COLAML_MAX_TRAIN_ROWS", 0, 0, 1e9),
    minClassRows: integer(
      "Classes of fewer rows are left out; 0: 10, or 1% of the rows if that is less; 1 keeps every class",
      "COLAML_MIN_CLASS_ROWS",
      0,
      0,
      1e9,
    ),
    similarLabels: oneOf(
      "Labels equal but for case, space or a final .0: join them to the larger class, refuse or keep them",
      "COLAML_SIMILAR_LABELS",
      "join",
      ["join", "refuse", "keep"],
    ),
    maxMemoryMb: integer("Memory of the trainer's matrix, MiB", "COLAML_TRAIN_MEMORY_MB", 2048, 64, 2048),
  },
  predict: {
    chunkBytes: integer("Bytes of input a chunk", "COLAML_CHUNK_BYTES", 4_194_304, 1024, 67_108_864),
    window: integer("Chunks in flight a job", "COLAML_WINDOW", 8, 1, 256),
    transport: oneOf("Where chunk bytes travel", "COLAML_TRANSPORT", "file", ["file", "redis"]),
  },
  monitor: {
    accuracyThreshold: share("Least accuracy", "COLAML_ACCURACY_THRESHOLD", 0.75),
    precisionThreshold: share("Least precision", "COLAML_PRECISION_THRESHOLD", 0.7),
    recallThreshold: share("Least recall", "COLAML_RECALL_THRESHOLD", 0.7),
    f1Threshold: share("Least F1", "COLAML_F1_THRESHOLD", 0.7),
    absoluteDrop: share(
      "Most a metric may fall below the training's test, in points",
      "COLAML_ABSOLUTE_DROP",
      0.05,
    ),
    relativeDrop: share(
      "Most a metric may fall below the training's test, as a share of it",
      "COLAML_RELATIVE_DROP",
      0.1,
    ),
    classRecall: text(
      "Least recall of single classes, such as spam=0.9,ham=0.5; empty: none",
      "COLAML_CLASS_RECALL",
      "",
    ),
    minRows: integer(
      "No verdict on a metric that fewer rows speak for",
      "COLAML_MONITOR_MIN_ROWS",
      50,
      1,
      1e9,
    ),
    driftMinRows: integer("No drift of fewer rows", "COLAML_DRIFT_MIN_ROWS", 50, 1, 1e9),
    falseAlarmRate: real(
      "Chance of a drift alarm on rows like the training's; as a bound also of a failed quality check",
      "COLAML_FALSE_ALARM_RATE",
      0.01,
      0.001,
      0.2,
    ),
    maxAmbiguous: real(
      "Most rows left out of a join since their id is ambiguous, as a share; above it a check is refused",
      "COLAML_MAX_AMBIGUOUS_IDS",
      0.1,
      0,
      1,
    ),
    alertRules: text(
      "JSON file with a list of alert rules; empty: thresholds and drift alone",
      "COLAML_ALERT_RULES",
      "",
    ),
  },
  webhook: {
    url: secret("Alerts are posted to this https:// URL; empty: no webhook", "COLAML_WEBHOOK_URL"),
    secret: secret("Signs webhooks (HMAC-SHA256); whsec_<base64> or any text", "COLAML_WEBHOOK_SECRET"),
    previousSecret: secret("Signs webhooks too, while keys are changed", "COLAML_WEBHOOK_PREVIOUS_SECRET"),
    allowHttp: flag("Post to http:// as well", "COLAML_WEBHOOK_ALLOW_HTTP"),
    allowPrivate: flag("Post to private and loopback addresses as well", "COLAML_WEBHOOK_ALLOW_PRIVATE"),
    hosts: text("Hosts that may be posted to, by comma; empty: any public one", "COLAML_WEBHOOK_HOSTS", ""),
    ports: text("Ports that may be posted to, by comma", "COLAML_WEBHOOK_PORTS", "443,80"),
    giveUpAfterS: integer(
      "Seconds an alert is tried to be posted",
      "COLAML_WEBHOOK_GIVE_UP_S",
      86_400,
      1,
      2_592_000,
    ),
  },
  worker: {
    concurrency: integer("Jobs at a time in one worker process", "COLAML_CONCURRENCY", 1, 1, 64),
    lockMs: integer("Lock of a job; another worker gets it after", "COLAML_LOCK_MS", 10_000, 1000, 600_000),
    stalledMs: integer("How often stalled jobs are looked for", "COLAML_STALLED_MS", 5_000, 500, 600_000),
    graceMs: integer("Time to finish at SIGTERM", "COLAML_GRACE_MS", 25_000, 100, 600_000),
    healthPort: integer(
      "Port of a worker's /livez, /readyz and /metrics; 0: none",
      "COLAML_HEALTH_PORT",
      0,
      0,
      65_535,
    ),
  },
  http: {
    host: text("Address the API listens on", "COLAML_HOST", "127.0.0.1"),
    port: integer("Port of the API and the dashboard; 0: any free one", "COLAML_PORT", 7077, 0, 65_535),
    token: secret("Bearer token of the API; without it only loopback is served", "COLAML_API_TOKEN"),
    submitToken: secret("Token that may read and submit jobs, not administer", "COLAML_API_SUBMIT_TOKEN"),
    readToken: secret("Token that may only read", "COLAML_API_READ_TOKEN"),
  },
  logging: {
    level: oneOf("Least level on the console", "COLAML_LOG_LEVEL", "info", [
      "error",
      "warn",
      "info",
      "debug",
    ]),
    format: oneOf("Console format", "COLAML_LOG_FORMAT", "text", ["text", "json"]),
    file: text("The log file at DEBUG; empty: none", "COLAML_LOG_FILE", "errores_entrenamiento.log"),
  },
  paths: {
    dataDir: text(
      "Every path of a job must lie in here; empty: any path, local use only",
      "COLAML_DATA_DIR",
      "",
    ),
    stateDir: text("State of the embedded servers, caches, checkpoints", "COLAML_STATE_DIR", ".colaml"),
  },
} satisfies Record<keyof ColaConfig, Record<string, unknown>>;

/** The same object for convict, whose types know neither our formats nor their bounds. */
export const convictSchema = configSchema as unknown as Schema<ColaConfig>;
