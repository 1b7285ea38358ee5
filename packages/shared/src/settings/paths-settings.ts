import { integer, text } from "./setting-kinds";

/** Folders. */
export const pathsSettings = {
  dataDir: text({
    doc: "Every path of a job must lie in here, and the API serves files from it; empty: `data` for the API, any path for commands and workers (local use only)",
    env: "COLAML_DATA_DIR",
    default: "",
  }),
  stateDir: text({
    doc: "State of the embedded servers, caches, checkpoints",
    env: "COLAML_STATE_DIR",
    default: ".colaml",
  }),
  filesKept: integer({
    doc: "Files of one kind that the state folder keeps, the newest: reports of checks, incidents that ended, alerts that were delivered or given up",
    env: "COLAML_FILES_KEPT",
    default: 1_000,
    min: 10,
    max: 1_000_000,
  }),
};
