import { z } from "zod";
import { safeName } from "./safe-name";
import { secret, text } from "./setting-kinds";

/** Which registered model is trained, followed and signed. */
export const modelSettings = {
  name: text({
    doc: "Registered model",
    env: "COLAML_MODEL",
    default: "modelo_nuevo",
    payload: "model",
    payloadType: safeName,
  }),
  alias: text({ doc: "Alias that predictors follow", env: "COLAML_ALIAS", default: "champion" }),
  versionTag: text({
    doc: "Tag `version` of what is registered",
    env: "COLAML_VERSION_TAG",
    default: "1.0.1",
    payload: "modelVersionTag",
    payloadType: z.string().min(1).max(64),
  }),
  hmacKey: secret({ doc: "Signs model manifests, and refuses unsigned ones", env: "COLAML_MODEL_HMAC_KEY" }),
};
