import { type ZodType, z } from "zod";

/** What a setting says of itself. `Field` and `Type` are those of a job's payload; never: no payload has the setting. */
export interface About<Value, Field extends string = never, Type extends ZodType = never> {
  /** What it means, for flags and docs. */
  doc: string;
  /** Environment variable. */
  env: string;
  default: Value;
  /** An empty variable is a value of it; absent: it is as if it were not set, as Compose and systemd write it. */
  isEmptyGiven?: boolean;
  /** Flag without dashes; absent: the variable's name in kebab-case. */
  flag?: string;
  /** Its field in the payload of a job, under the name that scikit-learn or CatBoost give it. */
  payload?: Field;
  /** What that field may hold if it differs from what the setting may. */
  payloadType?: Type;
}

/** A setting, stated once: configuration, flag, docs and the field of a payload are all made of it. */
export interface Entry<Value = unknown, Field extends string = string, Type extends ZodType = ZodType>
  extends About<Value, Field, Type> {
  /** What is allowed, for messages and docs. */
  allowed: string;
  /** What it may be. */
  type: ZodType<Value>;
  /** The value that a flag's or a variable's text stands for; what `type` refuses if it stands for none. */
  read(given: unknown): unknown;
  /** Never printed. */
  sensitive?: boolean;
  /** Printed without user, password and query, even if it is sensitive. */
  isUrl?: boolean;
}

const asGiven = (given: unknown) => given;

const withRange = <A extends { doc: string }>(about: A, range: string) => ({
  ...about,
  doc: `${about.doc} (${range})`,
});

/** The number that a text stands for; NaN if it stands for none. */
export function toNumber(given: unknown): number {
  if (typeof given === "number") return given;
  return typeof given === "string" && given.trim() !== "" ? Number(given) : Number.NaN;
}

/** A number above 0 and below 1. */
export const share = <F extends string = never>(about: About<number, F>): Entry<number, F, never> => ({
  ...about,
  allowed: "a number above 0 and below 1",
  type: z.number().gt(0).lt(1),
  read: toNumber,
});

/** A whole number from `min` to `max`, or without a limit above. */
export function integer<F extends string = never>({
  min,
  max,
  ...about
}: About<number, F> & { min: number; max?: number }): Entry<number, F, never> {
  const type = z.number().int().min(min);
  return {
    ...withRange(about, max === undefined ? `from ${min}` : `${min} to ${max}`),
    allowed: `a whole number from ${min}${max === undefined ? "" : ` to ${max}`}`,
    type: max === undefined ? type : type.max(max),
    read: toNumber,
  };
}

/** A number from `min` to `max`. */
export const real = <F extends string = never, T extends ZodType = never>({
  min,
  max,
  ...about
}: About<number, F, T> & { min: number; max: number }): Entry<number, F, T> => ({
  ...withRange(about, `${min} to ${max}`),
  allowed: `a number from ${min} to ${max}`,
  type: z.number().min(min).max(max),
  read: toNumber,
});

/** A number as `entry` has it, or `auto`. */
export const orAuto = <F extends string>(
  entry: Entry<number, F, never>,
): Entry<number | "auto", F, never> => ({
  ...entry,
  doc: `${entry.doc}; auto: chosen on the validation rows`,
  allowed: `${entry.allowed}, or auto`,
  type: z.union([entry.type, z.literal("auto")]),
  read: (given) => (given === "auto" ? given : entry.read(given)),
});

/** A number above 0, at most `max`. */
export const positive = <F extends string = never, T extends ZodType = never>({
  max,
  ...about
}: About<number, F, T> & { max: number }): Entry<number, F, T> => ({
  ...withRange(about, `above 0, at most ${max}`),
  allowed: `a number above 0, at most ${max}`,
  type: z.number().gt(0).max(max),
  read: toNumber,
});

/** Any text. A field of a payload states by `payloadType` how long it may be. */
export const text = <F extends string = never, T extends ZodType = never>(
  about: About<string, F, T>,
): Entry<string, F, T> => ({ ...about, allowed: "a text", type: z.string(), read: asGiven });

/** A text that is never shown. */
export const secret = (about: Omit<About<string>, "default">): Entry<string, never, never> => ({
  ...text<never, never>({ ...about, default: "" }),
  sensitive: true,
});

/** A URL of one of the `protocols`, or empty. `allowed` says it for people. */
export const url = ({
  protocols,
  allowed,
  ...about
}: Omit<About<string>, "default"> & { protocols: string[]; allowed: string }): Entry<
  string,
  never,
  never
> => ({
  ...text<never, never>({ ...about, default: "" }),
  allowed,
  type: z.string().refine((value) => {
    if (value === "") return true;
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    return parsed !== undefined && protocols.includes(parsed.protocol) && parsed.hostname !== "";
  }),
  isUrl: true,
});

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  "1": true,
  yes: true,
  false: false,
  "0": false,
  no: false,
};

/** Yes or no; no by default. */
export const flag = <F extends string = never>(
  about: Omit<About<boolean, F>, "default"> & { default?: boolean },
): Entry<boolean, F, never> => ({
  default: false,
  ...about,
  allowed: "true or false",
  type: z.boolean(),
  read: (given) => BOOLEANS[String(given).toLowerCase()],
});

/** One of the texts in `choices`. */
export const oneOf = <
  const C extends readonly string[],
  F extends string = never,
  T extends ZodType = never,
>({
  choices,
  ...about
}: About<C[number], F, T> & { choices: C }): Entry<C[number], F, T> => ({
  ...about,
  allowed: `one of ${choices.join(", ")}`,
  type: z.enum(choices),
  read: asGiven,
});
