// The kinds of settings: what each one says to convict. `share`, `range`, `encoding`, ... are formats of `resolve-config`.

/** A number above 0 and below 1. */
export const share = (doc: string, env: string, value: number) => ({
  doc,
  env,
  default: value,
  format: "share" as const,
});

/** Any text. */
export const text = (doc: string, env: string, value: string) => ({
  doc,
  env,
  default: value,
  format: String,
});

/** A text that is never shown. */
export const secret = (doc: string, env: string) => ({
  doc,
  env,
  default: "",
  format: String,
  sensitive: true,
});

/** A whole number from `min` to `max`. */
export const integer = (doc: string, env: string, value: number, min: number, max: number) => ({
  doc: `${doc} (${min} to ${max})`,
  env,
  default: value,
  format: "range" as const,
  min,
  max,
  whole: true,
});

/** A number from `min` to `max`. */
export const real = (doc: string, env: string, value: number, min: number, max: number) => ({
  ...integer(doc, env, value, min, max),
  whole: false,
});

/** Yes or no, by default no. */
export const flag = (doc: string, env: string) => ({ doc, env, default: false, format: Boolean });

/** One of the texts in `allowed`. */
export const oneOf = (doc: string, env: string, value: string, allowed: string[]) => ({
  doc,
  env,
  default: value,
  format: allowed,
});
