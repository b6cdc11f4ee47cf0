import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError, loadScenario, parseScenario } from '../../scenarios/load.ts';
import { scenarioNames } from '../../scenarios/names.ts';
import { scenarioJsonSchema } from '../../scenarios/schema/schema.ts';

const refuses = (text: string): string => {
  try {
    parseScenario(text, 'my.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).message;
  }
  throw new Error(`accepted: ${text}`);
};

describe('scenario files', () => {
  it('get every default from an empty file', () => {
    expect(parseScenario('', 'empty.yaml')).toEqual(parseScenario('{}', 'empty.yaml'));
    expect(parseScenario('', 'empty.yaml').gripper.stroke).toBe(0.08);
  });

  it('ship with training and evaluation families apart', () => {
    expect(scenarioNames()).toEqual(['bin', 'hard', 'packed', 'pile', 'quick', 'suction', 'tabletop']);
    for (const name of scenarioNames()) {
      const { scenario } = loadScenario(name);
      expect(scenario.description).not.toBe('');
      expect(scenario.training.families.filter((f) => scenario.evaluation.families.includes(f))).toEqual([]);
    }
  });

  it('report an unknown key with file, line and the valid keys', () => {
    expect(refuses('description: x\nscene:\n  objectCout: 2\n')).toBe(
      'my.yaml:3: scene.objectCout: unknown key; expected one of objectCount, arrangement, scale, density, friction, tableFriction, dropHalfWidth, workspaceHalfWidth',
    );
    expect(refuses('scenne: {}')).toMatch(
      /^my.yaml:1: scenne: unknown key; expected one of description, scene, sensor/,
    );
  });

  it('report a value out of range with file, line, key, what was expected and what was got', () => {
    expect(refuses('scene:\n  objectCount: 99\n')).toBe(
      'my.yaml:2: scene.objectCount: expected number to be <=20, got 99',
    );
    expect(refuses('scene:\n  scale: [3, 1]\n')).toBe(
      'my.yaml:2: scene.scale: expected [low, high] with low <= high, got [3,1]',
    );
    expect(refuses('physics:\n  stepHz: fast\n')).toMatch(/my.yaml:2: physics.stepHz: expected number, .*got "fast"/);
    expect(refuses('training:\n  seed: -1\n')).toMatch(/my.yaml:2: training.seed: /);
    expect(refuses('training:\n  families: [box, zorg]\n')).toMatch(
      /my.yaml:2: training.families.1: .*"box".*got "zorg"/,
    );
    expect(refuses('sensor:\n  fovDeg: .nan\n')).toMatch(/sensor.fovDeg/);
  });

  it('report every problem at once', () => {
    expect(refuses('scene:\n  objectCount: 99\n  scale: 1\nfoo: 1\n').split('\n')).toHaveLength(3);
  });

  it('refuse what is not YAML, not a mapping, too large, or a bomb of aliases', () => {
    expect(refuses('a: [')).toMatch(/^my.yaml:\d+: expected YAML, got: /);
    expect(refuses('- 1\n- 2\n')).toMatch(/expected object/);
    expect(refuses(`description: ${'x'.repeat(1_000_001)}`)).toMatch(/expected at most 1000000 characters/);
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((k, i) => `${k}: &${k} [${Array(9).fill(`*${'abcdefg'[i]}`)}]`),
    ];
    expect(refuses(bomb.join('\n'))).toMatch(/aliases|unknown key/);
  });

  it('refuse a name that is neither a scenario nor a file, and list those there are', () => {
    expect(() => loadScenario('nosuch')).toThrow(
      /expected one of bin, hard, packed, pile, quick, suction, tabletop or the path of a YAML file/,
    );
    expect(() => loadScenario('../tabletop')).toThrow(InputError);
  });

  it('load from a path', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'graft-')), 'mine.yaml');
    writeFileSync(path, 'scene: { objectCount: 3 }\n');
    expect(loadScenario(path)).toMatchObject({ name: 'mine', scenario: { scene: { objectCount: 3 } } });
  });

  it('have an up-to-date JSON Schema for editors (npx graft schema > scenarios/scenario.schema.json)', () => {
    const committed = JSON.parse(
      readFileSync(new URL('../../scenarios/scenario.schema.json', import.meta.url), 'utf8'),
    );
    expect(committed).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
  });
});
