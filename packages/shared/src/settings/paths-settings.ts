import { text } from "./setting-kinds";

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
};
