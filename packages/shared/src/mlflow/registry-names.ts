import { modelSettings } from "../settings/model-settings";

/** The alias of the version that serves. */
export const CHAMPION = modelSettings.alias.default;
/** The alias of the champion before it. */
export const PREVIOUS = "previous";
