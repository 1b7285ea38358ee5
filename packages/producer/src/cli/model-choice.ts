import { aliasUri, modelUri } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { configuredModel } from "../submit/payloads";

export interface ModelChoice {
  uri: string;
}

/**
 * The model a person means: a `models:/` URI as it is, a name with the configured alias, or the configured model.
 * @throws ColaError USAGE
 */
export function modelChoice(config: ColaConfig, given: string | undefined): ModelChoice {
  if (given === undefined) return { uri: configuredModel(config) };
  const uri = given.startsWith("models:/") ? given : aliasUri(given, config.model.alias);
  const checked = modelUri.safeParse(uri);
  if (checked.success) return { uri };
  throw new ColaError("USAGE", `--model is ${JSON.stringify(given)}: ${checked.error.issues[0]!.message}`);
}
