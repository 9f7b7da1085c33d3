/** A number that Envoys count up: whole, and exact as long as it is below 2^53. What is none is somebody's invention. */
export const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
