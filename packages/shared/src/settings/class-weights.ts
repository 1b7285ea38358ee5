import { z } from "zod";
import { recordByClass } from "./record-by-class";

/** `balanced`, or a weight per class by its normalised label; absent is 1 for each. */
export const classWeightsType = z.union([
  z.enum(["none", "balanced"]),
  recordByClass(z.string(), z.number().gt(0).max(1e6)),
]);

/**
 * The class weights that a setting's text stands for.
 *
 * @returns undefined if it stands for none
 * @example classWeightsOf('{"spam": 3}') // { spam: 3 }
 */
export function classWeightsOf(text: string): z.infer<typeof classWeightsType> | undefined {
  const given = text.trimStart().startsWith("{") ? parsed(text) : text;
  const checked = classWeightsType.safeParse(given);
  return checked.success ? checked.data : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
