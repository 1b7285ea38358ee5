import { integer, oneOf, text } from "./setting-kinds";

/** What is logged, and how. */
export const loggingSettings = {
  level: oneOf({
    doc: "Least level on the console",
    env: "COLAML_LOG_LEVEL",
    default: "info",
    choices: ["error", "warn", "info", "debug"],
  }),
  format: oneOf({
    doc: "Console format",
    env: "COLAML_LOG_FORMAT",
    default: "text",
    choices: ["text", "json"],
  }),
  file: text({
    doc: "The log file at DEBUG; empty: none",
    env: "COLAML_LOG_FILE",
    default: "errores_entrenamiento.log",
    isEmptyGiven: true,
  }),
  maxMb: integer({
    doc: "MiB of a log file; then it becomes <name>.1, which replaces the one before, and a new one begins",
    env: "COLAML_LOG_MAX_MB",
    default: 64,
    min: 1,
    max: 10_240,
  }),
};
