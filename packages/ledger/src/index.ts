/** Doors open here. */
export const version = "0.1.0";
