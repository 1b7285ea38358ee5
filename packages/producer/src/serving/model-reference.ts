import { modelNameOf, modelUri } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";

/** A model as a request names it. */
export interface ModelReference {
  /** `models:/name@alias`, `models:/name/3` or `models:/name/latest`. */
  uri: string;
  name: string;
  /** What the version is looked up by again and again: the alias, or `latest`. Absent: a version by number, which stays. */
  follows?: string;
}

/**
 * What a model URI names; `models:/` may be left out.
 *
 * @example modelReference("modelo_nuevo@champion") // { uri: "models:/modelo_nuevo@champion", ... }
 * @throws ColaError USAGE with what is allowed
 */
export function modelReference(given: string): ModelReference {
  const uri = given.startsWith("models:/") ? given : `models:/${given}`;
  if (!modelUri.safeParse(uri).success) {
    const shown = JSON.stringify(given.slice(0, 200));
    throw new ColaError(
      "USAGE",
      `${shown} is not a model: allowed are name@alias, name/3 and name/latest, also behind models:/`,
    );
  }
  const name = modelNameOf(uri);
  const rest = uri.slice("models:/".length + name.length);
  if (/^\/\d+$/.test(rest)) return { uri, name };
  return { uri, name, follows: rest.slice(1) };
}
