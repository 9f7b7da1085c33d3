import type { JsonScalar } from '../../json.ts';

// `YAML::convert<bool>` of yaml-cpp: four pairs, each in lower case, upper case or with one capital at its front.
const TRUE = /^(?:[yY]|[yY]es|YES|[tT]rue|TRUE|[oO]n|ON)$/;
const FALSE = /^(?:[nN]|[nN]o|NO|[fF]alse|FALSE|[oO]ff|OFF)$/;
const NULL = /^(?:~|[Nn]ull|NULL)?$/;
// A C++ stream without a base set: octal behind a 0, hexadecimal behind 0x.
const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0([0-7]+)|([1-9][0-9]*|0))$/;
const INT_64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const INT_32 = { min: -(2n ** 31n), max: 2n ** 31n - 1n };

/**
 * A plain (unquoted) scalar as Envoy reads it from a YAML file, which is not as YAML 1.2 has it: `y`, `no` and `on` are booleans,
 * `010` is 8, whole numbers beyond 32 bits are text, and so is every other number as it is written (`5.50`, `1e3`, `.inf`); its protobuf
 * reader makes a number of that text where the field wants one. Source: `parseYamlNode` in Envoy's `source/common/protobuf/yaml_utility.cc`;
 * measured on 1.36.4 and 1.40.0, which read alike.
 */
export function envoyScalar(text: string): JsonScalar {
  return NULL.test(text) ? null : envoyTagged(text);
}

/** With a tag, also in quotes: Envoy looks at no tag but `!` (which makes text of anything), and takes no null there. */
export function envoyTagged(text: string): JsonScalar {
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  const parts = INTEGER.exec(text);
  if (!parts) return text;
  const [, sign, hexadecimal, octal, decimal] = parts;
  const magnitude = BigInt(hexadecimal ? `0x${hexadecimal}` : octal ? `0o${octal}` : (decimal ?? '0'));
  const value = sign === '-' ? -magnitude : magnitude;
  if (value < INT_64.min || value > INT_64.max) return text;
  return value >= INT_32.min && value <= INT_32.max ? Number(value) : String(value);
}
