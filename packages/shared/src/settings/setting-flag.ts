/** Flags that are not the variable's name in kebab-case, by setting. */
const NAMES: Readonly<Record<string, string>> = {
  "redis.url": "redis-url",
  "mlflow.trackingUri": "tracking-uri",
  "mlflow.experiment": "experiment",
};

/**
 * The flag of a setting, without dashes.
 *
 * @example flagOf({ key: "features.maxFeatures", env: "COLAML_MAX_FEATURES" }) // "max-features"
 */
export function flagOf({ key, env }: { key: string; env: string }): string {
  return (
    NAMES[key] ??
    env
      .replace(/^COLAML_/, "")
      .toLowerCase()
      .replaceAll("_", "-")
  );
}
