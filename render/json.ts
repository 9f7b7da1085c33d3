/** JSON as it comes out of a config file. Containers remember where they stood: see `places.ts`. */
export type JsonScalar = string | number | boolean | null;
export type JsonArray = JsonValue[];
export type JsonObject = { [key: string]: JsonValue };
export type JsonValue = JsonScalar | JsonArray | JsonObject;
export type JsonPath = readonly (string | number)[];

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
