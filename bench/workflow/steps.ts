/** Steps of the measured chain; each calls an HTTP server. */
export const STEPS = 10;
