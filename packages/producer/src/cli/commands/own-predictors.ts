/** Predictor processes if a command starts its own: a second one helps on the usual two cores and more. */
export const OWN_PREDICTORS = 2;
