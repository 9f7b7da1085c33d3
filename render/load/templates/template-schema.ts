import { z } from 'zod';
import { RESOURCE_KINDS, RESOURCE_TYPES } from '../../resource.ts';
import { PARAMETER_TYPES } from './template.ts';

const parameter = z
  .strictObject({
    type: z
      .enum(PARAMETER_TYPES)
      .default('string')
      .describe('What the parameter holds; `duration` is a text such as 0.25s.'),
    description: z.string().optional(),
    default: z.unknown().optional().describe('Taken where a use leaves the parameter out.'),
    enum: z.array(z.unknown()).optional().describe('The only values allowed.'),
    required: z
      .boolean()
      .optional()
      .describe('False: may be left out though it has no default; what holds it is then left out too.'),
  })
  .describe('A parameter; it must be given unless it has a default or says `required: false`.');

const bodies = z.union([z.array(z.record(z.string(), z.unknown())), z.record(z.string(), z.unknown())]);
const folders = Object.fromEntries(RESOURCE_KINDS.map((kind) => [RESOURCE_TYPES[kind].folder, bodies.optional()]));

/** One document of `templates/*.yaml`. */
export const templateSchema = z.strictObject({
  name: z.string().min(1).optional().describe('Default: the name of the file without its extension.'),
  description: z.string().optional(),
  parameters: z
    .record(
      z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_-]*$/, 'a name of letters, digits, _ and -'),
      z.union([parameter, z.null()]),
    )
    .optional(),
  resources: z.strictObject({ ...folders, virtual_hosts: bodies.optional() }),
});

export const templateJsonSchema: unknown = z.toJSONSchema(templateSchema, { io: 'input' });
