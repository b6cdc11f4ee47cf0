import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { SCENARIO_FOLDER, scenarioNames } from '../../../scenarios/names.ts';
import { type Override, parseOverride } from '../../../scenarios/parse/overrides.ts';
import { InputError, parseScenario } from '../../../scenarios/parse/parse.ts';
import { rngStream } from '../../../sim/math/rng.ts';

const refusal = (text: string, ...set: string[]): string => {
  try {
    parseScenario(text, 'my.yaml', set.map(parseOverride));
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).message;
  }
  throw new Error(`accepted: ${text}`);
};

const shipped = (name: string): string => readFileSync(join(SCENARIO_FOLDER, `${name}.yaml`), 'utf8');

describe('a scenario that is parsed', () => {
  it('has every default if the file is empty', () => {
    expect(parseScenario('', 'empty.yaml')).toEqual(parseScenario('{}', 'empty.yaml'));
    expect(parseScenario('# nothing', 'empty.yaml')).toEqual(parseScenario('{}', 'empty.yaml'));
    expect(parseScenario('', 'empty.yaml').gripper.stroke).toBe(0.08);
  });

  it.each(scenarioNames())('is the same again when all of %s is written out', (name) => {
    const scenario = parseScenario(shipped(name), name);
    expect(parseScenario(stringify(scenario), name)).toEqual(scenario);
  });

  it('has the settings that stand in place of its own, judged like them', () => {
    const overrides: Override[] = [{ path: ['scene', 'objectCount'], value: 3 }];
    expect(parseScenario('scene: { objectCount: 2, density: [500, 600] }', 'a', overrides).scene).toMatchObject({
      ...{ objectCount: 3, density: [500, 600] },
    });
  });
});

describe('a scenario that is refused', () => {
  it('says file, line and the valid keys for an unknown key', () => {
    expect(refusal('description: x\nscene:\n  objectCout: 2\n')).toBe(
      'my.yaml:3: scene.objectCout: unknown key; expected one of objectCount, arrangement, scale, density, friction, tableFriction, dropHalfWidth, workspaceHalfWidth',
    );
    expect(refusal('description: x\nscenne: {}')).toMatch(
      /^my.yaml:2: scenne: unknown key; expected one of description, scene, sensor/,
    );
    expect(refusal('gripper:\n  strok: 1\n')).toMatch(
      /^my\.yaml:2: gripper\.strok: unknown key; expected one of (?=.*preset)(?=.*stroke)(?=.*lip)/,
    );
  });

  it.each([
    ['scene:\n  objectCount: 99\n', 'my.yaml:2: scene.objectCount: expected number to be <=20, got 99'],
    ['scene:\n  scale: [3, 1]\n', 'my.yaml:2: scene.scale: expected [low, high] with low <= high, got [3,1]'],
    ['physics:\n\n  stepHz: fast\n', /^my\.yaml:3: physics\.stepHz: expected number, .*got "fast"$/],
    ['training:\n  seed: -1\n', /^my\.yaml:2: training\.seed: /],
    ['training:\n  families: [box, zorg]\n', /^my\.yaml:2: training\.families\.1: .*"box".*got "zorg"$/],
    ['sensor:\n  fovDeg: .nan\n', /^my\.yaml:2: sensor\.fovDeg: /],
    ['objects: { unit: mm }', /^my\.yaml:1: objects\.path: expected string, .*got nothing$/],
    ['scene: 3', /^my\.yaml:1: scene: expected object, .*got 3$/],
    ['- 1\n- 2\n', /^my\.yaml:1: \(top level\): expected object/],
  ])('says file, line, key, what was expected and what was got: %j', (text, message) => {
    expect(refusal(text)).toMatch(message);
  });

  it('says every problem at once', () => {
    expect(refusal('scene:\n  objectCount: 99\n  scale: 1\nfoo: 1\n').split('\n')).toHaveLength(3);
  });

  it('names the override in place of a line, and only where it is to blame', () => {
    const text = 'scene:\n  objectCount: 99\n';
    expect(refusal('', 'scene.objectCount=99')).toBe(
      '--set scene.objectCount: scene.objectCount: expected number to be <=20, got 99',
    );
    expect(refusal('', 'scene.scale.low=1')).toMatch(/^--set scene\.scale\.low: scene\.scale: expected tuple/);
    expect(refusal(text, 'scene.densty=1').split('\n')).toEqual([
      expect.stringMatching(/^my\.yaml:2: scene\.objectCount/),
      expect.stringMatching(/^--set scene\.densty: scene\.densty: unknown key/),
    ]);
    expect(refusal(text, 'seed.of=1', 'scene.objectCount.of=1')).toMatch(/^--set scene\.objectCount\.of: expected sec/);
  });

  it.each([
    ['learner.fricton=1', /^--set learner\.fricton: learner\.fricton: unknown key; expected one of arm, /],
    ['learner=3', /^--set learner: learner: expected object, received number, got 3$/],
    ['description.more=3', /^--set description\.more: expected sections on the way to 'more', got "/],
  ])('names an override that does not fit: %s', (text, message) => {
    expect(refusal('description: x', text)).toMatch(message);
  });

  it('with thousands of problems is told the first ones', () => {
    const lines = refusal(Array.from({ length: 2000 }, (_, i) => `key${i}: 1`).join('\n')).split('\n');
    expect(lines).toHaveLength(21);
    expect(lines[0]).toMatch(/^my\.yaml:1: key0: unknown key/);
    expect(lines[20]).toBe('... and 1980 more');
  });

  it('that holds itself is refused', () => {
    expect(refusal('scene: &a { again: *a }')).toMatch(/scene.again: unknown key/);
    expect(refusal('description: &a [*a]')).toMatch(/my.yaml:1: description: /);
    expect(refusal('sensor: &a { eye: [*a, 1, 2] }')).toMatch(/my.yaml:1: sensor.eye.0: /);
  });

  it('is no YAML, too large, or a bomb of aliases', () => {
    expect(refusal('a: [')).toMatch(/^my\.yaml:\d+: expected YAML, got: [^\n]+$/);
    expect(refusal('description: x\nscene: {}\nscene: {}\n')).toMatch(/^my\.yaml:3: expected YAML, got: .*unique/);
    expect(refusal(`description: ${'x'.repeat(50_001)}`)).toMatch(/expected at most 50000 characters/);
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((k, i) => `${k}: &${k} [${Array(9).fill(`*${'abcdefg'[i]}`)}]`),
    ];
    expect(refusal(bomb.join('\n'))).toMatch(/^my\.yaml: expected YAML without runaway aliases/);
  });

  it('is told so in lines that begin with the file, however a file is damaged', () => {
    const rng = rngStream(3, 'test/damage');
    const spoils = ['\t', ':', '- ', '{', ']', '"', '&a ', '*a', '!!map ', '~', '\0', '-1', 'x: ', '\n', '%'];
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      const text = shipped(scenarioNames()[rng.int(scenarioNames().length)]);
      const [from, cut] = [rng.int(text.length), rng.int(12)];
      const damaged = text.slice(0, from) + spoils[rng.int(spoils.length)] + text.slice(from + cut);
      try {
        parseScenario(damaged, 'my.yaml');
      } catch (error) {
        refused++;
        expect(error, damaged).toBeInstanceOf(InputError);
        for (const line of (error as Error).message.split('\n'))
          expect(line, damaged).toMatch(/^my\.yaml:(\d+: | expected)/);
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
