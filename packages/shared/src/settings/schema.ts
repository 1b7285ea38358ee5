import type { Schema } from "convict";
import { dataSettings } from "./data-settings";
import { monitorSettings } from "./monitor-settings";
import { flag, integer, oneOf, real, secret, share, text } from "./setting-kinds";
import { webhookSettings } from "./webhook-settings";

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
  data: dataSettings,
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
  monitor: monitorSettings,
  webhook: webhookSettings,
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
