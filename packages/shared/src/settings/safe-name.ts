import { z } from "zod";

/** Ids and names that may become part of a path, a key or a URL: nothing else may. */
export const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export const safeName = z
  .string()
  .regex(SAFE_NAME, "allowed: 1 to 128 of A-Z a-z 0-9 . _ -, not starting with a sign");
