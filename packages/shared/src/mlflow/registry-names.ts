/** The alias of the version that serves. */
export const CHAMPION = "champion";
/** The alias of the champion before it. */
export const PREVIOUS = "previous";
