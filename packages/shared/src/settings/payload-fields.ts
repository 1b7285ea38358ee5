import type { ZodDefault, ZodType } from "zod";
import type { Entry } from "./setting-kinds";

/** A group of settings by their names in the configuration. */
export type Group = Readonly<Record<string, Entry>>;

/** What the configuration holds of a group. */
export type ValuesOf<G extends Group> = { [Name in keyof G]: G[Name]["default"] };

/** The field of a payload, never if no payload has the setting. */
type FieldOf<E> = E extends Entry<infer _Value, infer Field, infer _Type> ? Field : never;

/** What the field may hold. */
type TypeOf<E> =
  E extends Entry<infer Value, infer _Field, infer Type>
    ? [Type] extends [never]
      ? ZodType<Value>
      : Type
    : never;

/** The types of a group's fields. */
type FieldTypes<G extends Group> = { [Name in keyof G as FieldOf<G[Name]>]: TypeOf<G[Name]> };

/** The fields of a payload that a group gives. */
type PayloadFields<G extends Group> = {
  [Name in keyof G as FieldOf<G[Name]>]: ZodDefault<TypeOf<G[Name]>>;
};

/** What the configuration says for those fields. */
export type PayloadValues<G extends Group> = { [Name in keyof G as FieldOf<G[Name]>]: G[Name]["default"] };

const withField = (group: Group) =>
  Object.entries(group).flatMap(([name, entry]) =>
    entry.payload === undefined ? [] : [[name, entry.payload, entry] as const],
  );

/** What the field of a setting may hold; its JSON Schema says what it means. */
function fieldType<E extends Entry>(entry: E): TypeOf<E> {
  return (entry.payloadType ?? entry.type).describe(entry.doc) as TypeOf<E>;
}

/** The field of one setting with its default. */
export function payloadField<E extends Entry>(entry: E): ZodDefault<TypeOf<E>> {
  return fieldType(entry).default(entry.default) as ZodDefault<TypeOf<E>>;
}

/**
 * The fields of a payload that a group gives, each with its default.
 *
 * @example z.strictObject(payloadFields(splitSettings)).parse({}) // { test_size: 0.3, ... }
 */
export function payloadFields<G extends Group>(group: G): PayloadFields<G> {
  const fields = withField(group).map(([, field, entry]) => [field, payloadField(entry)]);
  return Object.fromEntries(fields) as PayloadFields<G>;
}

/** As `payloadFields`, without defaults. */
export function fieldTypes<G extends Group>(group: G): FieldTypes<G> {
  return Object.fromEntries(
    withField(group).map(([, field, entry]) => [field, fieldType(entry)]),
  ) as FieldTypes<G>;
}

/**
 * A group's values of the configuration under the names of the payload.
 *
 * @example payloadOf(splitSettings, config.split) // { test_size: 0.3, ... }
 */
export function payloadOf<G extends Group>(group: G, values: ValuesOf<G>): PayloadValues<G> {
  return Object.fromEntries(
    withField(group).map(([name, field]) => [field, values[name]]),
  ) as PayloadValues<G>;
}
