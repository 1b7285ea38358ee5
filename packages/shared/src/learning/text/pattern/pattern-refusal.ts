import { ColaError } from "../../../errors/cola-error";

/** What `token_pattern` may hold, for refusals. */
const ALLOWED =
  "allowed are characters, classes, groups (one that captures), |, * + ? {m,n} and their lazy forms, " +
  "^ $ \\A \\Z \\b \\B \\w \\d \\s, and (?u) (?i) (?m) (?s) at the start";

/** PARAMETER_INVALID with the pattern, what is wrong with it and, if something is not supported, what is. */
export function refusePattern(pattern: string, why: string, isUnsupported = false): never {
  const allowed = isUnsupported ? `; ${ALLOWED}` : "";
  throw new ColaError("PARAMETER_INVALID", `token_pattern ${JSON.stringify(pattern)}: ${why}${allowed}`);
}
