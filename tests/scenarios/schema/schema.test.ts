import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { scenarioJsonSchema } from '../../../scenarios/schema/schema.ts';

it('scenarios have an up-to-date JSON Schema for editors (npx graft schema > scenarios/scenario.schema.json)', () => {
  const committed = readFileSync(new URL('../../../scenarios/scenario.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
});
