import { z } from "zod";

/**
 * A count as XGBoost's JSON writes it: digits in a string. `Number` would read more: "", "0x10", "1e3".
 *
 * @example writtenCount.parse("12") // "12"
 */
export const writtenCount = z.string().regex(/^\d{1,9}$/, "a count in digits is expected");
