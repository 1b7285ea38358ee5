import { ColaError } from "../errors/cola-error";
import { redactUrl } from "../settings/resolve-config";
import type { ColaConfig } from "../settings/schema";

/** @throws ColaError CONFIG_INVALID if it is empty or not http(s) */
export function baseOf(trackingUri: string): URL {
  if (trackingUri === "") {
    throw new ColaError("CONFIG_INVALID", "MLFLOW_TRACKING_URI is not set: allowed is http://host:port");
  }
  const base = URL.canParse(trackingUri) ? new URL(trackingUri) : undefined;
  if (base && /^https?:$/.test(base.protocol)) return base;
  throw new ColaError(
    "CONFIG_INVALID",
    `MLFLOW_TRACKING_URI is ${redactUrl(trackingUri)}: allowed is http://host:port or https://host:port`,
  );
}

/** The header, by user and password of the settings, else those in the address, else the token. */
export function authorization(settings: ColaConfig["mlflow"], base: URL): Record<string, string> {
  const given = settings.username !== "";
  const username = given ? settings.username : decoded(base.username);
  const password = given ? settings.password : decoded(base.password);
  if (username !== "") {
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
  }
  return settings.token === "" ? {} : { authorization: `Bearer ${settings.token}` };
}

/** A part of an address without its percent escapes; as it is if it holds a `%` that escapes nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
