import { describe, expect, test } from 'vitest';
import { parseText, type TextPart } from '../../../../render/load/expressions/expression.ts';

const show = (part: TextPart): string =>
  part.kind === 'text'
    ? part.text
    : part.kind === 'expression'
      ? `<${[part.root, ...part.path].join('.')}>`
      : `<${part.kind} ${part.written}>`;

describe('parseText', () => {
  test.each([
    ['${values.a.b}', '<values.a.b>'],
    ['x ${ values.a } y ${stage}', 'x |<values.a>| y |<stage>'],
    ['${with.a-b.0.c_d}', '<with.a-b.0.c_d>'],
    ['$${values.a}', '${values.a}'],
    ['$$${values.a}', '$${values.a}'],
    ['${${values.a}}', '${|<values.a>|}'],
    ['${values}', '<malformed ${values}>'],
    ['${values.}', '<malformed ${values.}>'],
    ['${values.a', '<malformed ${values.a>'],
    ['${values[0]}', '<malformed ${values[0]}>'],
    ['${values.a.b c}', '<malformed ${values.a.b c}>'],
    ['${stage.x}', '<malformed ${stage.x}>'],
    ['${value.a}', '<unlikely ${value.a}>'],
    ['${vaules.a}', '<unlikely ${vaules.a}>'],
    ['${params.a}', '<unlikely ${params.a}>'],
    // Envoy's and other languages' own
    ['${HOME} ${x.y} ${valuesOf.x} ${stage_name} ${}', '${HOME} ${x.y} ${valuesOf.x} ${stage_name} ${}'],
    ['%REQ(:path)% ^a{2}$ $1 ${', '%REQ(:path)% ^a{2}$ $1 ${'],
    ['local s = "${name}"', 'local s = "${name}"'],
  ])('%s', (text, expected) => {
    expect(parseText(text).map(show).join('|')).toBe(expected);
  });

  test('is linear', () => {
    const started = performance.now();
    parseText('${values.'.repeat(100_000));
    parseText('${'.repeat(500_000));
    parseText(`\${values.${'a'.repeat(1_000_000)}`);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
