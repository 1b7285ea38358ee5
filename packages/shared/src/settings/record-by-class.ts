import { z } from "zod";

/**
 * Something per class, by its name. zod drops the name `__proto__` from a record and says nothing: here it is refused,
 * so that nobody takes a class of that name for set.
 *
 * @example recordByClass(z.string(), z.number()).parse({ spam: 2 }) // { spam: 2 }
 */
export function recordByClass<Value extends z.ZodType>(names: z.ZodString, value: Value) {
  const record = z.record(names, value);
  return z.preprocess((given: z.input<typeof record>, context) => {
    if (typeof given === "object" && given !== null && Object.hasOwn(given, "__proto__"))
      context.addIssue({ code: "custom", message: "a class named __proto__ cannot be named here" });
    return given;
  }, record);
}
