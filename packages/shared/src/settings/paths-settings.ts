import { text } from "./setting-kinds";

/** Folders. */
export const pathsSettings = {
  dataDir: text({
    doc: "Every path of a job must lie in here; empty: any path, local use only",
    env: "COLAML_DATA_DIR",
    default: "",
  }),
  stateDir: text({
    doc: "State of the embedded servers, caches, checkpoints",
    env: "COLAML_STATE_DIR",
    default: ".colaml",
  }),
};
