import { describe, expect, it } from 'vitest';
import { applyOverrides, type Override, overrideName, parseOverride } from '../../../scenarios/parse/overrides.ts';
import { rngStream } from '../../../sim/math/rng.ts';

describe('an override that is typed', () => {
  it.each([
    ['seed=7', ['seed'], 7],
    ['learner.backbone=passive', ['learner', 'backbone'], 'passive'],
    [' scene.scale =[0.8, 1.2]', ['scene', 'scale'], [0.8, 1.2]],
    ['a.b.c={ x: true }', ['a', 'b', 'c'], { x: true }],
    ['learner.taps=', ['learner', 'taps'], null],
    ['description=a = b', ['description'], 'a = b'],
  ])("is read as its keys and a value in YAML: '%s'", (text, path, value) => {
    expect(parseOverride(text)).toEqual({ path, value });
  });

  it.each(['', 'seed', '=3', '.seed=3', 'scene.=3', 'scene..scale=3', '1st=3', '__proto__.x=3', 'a b=3', 'a[0]=3'])(
    "is refused with an example if it is no key=value: '%s'",
    (text) => {
      const message = `--set: expected key=value with a dotted key, such as learner.backbone=passive, got '${text}'`;
      expect(() => parseOverride(text)).toThrow(message);
    },
  );

  it.each(['scene.scale=[1,', 'scene.scale={', 'scene.scale=*a', 'scene.scale=[&a [1], *a]'])(
    "is refused in one line that names its key if the value is no plain YAML: '%s'",
    (text) => {
      expect(() => parseOverride(text)).toThrow(/^--set scene\.scale: expected a value in YAML, got: [^\n]+$/);
    },
  );
});

describe('settings with overrides', () => {
  const settings = Object.freeze({ seed: 1, scene: Object.freeze({ scale: 2, density: 3 }), empty: null });
  const set = (path: string, value: unknown): Override => ({ path: path.split('.'), value });

  it('have the values given, the rest as it was, and the settings from before are not changed', () => {
    const overrides = [set('scene.scale', 5), set('seed', 9), set('empty.new.key', 'x')];
    expect(applyOverrides(settings, overrides)).toEqual({
      ...{ seed: 9, scene: { scale: 5, density: 3 }, empty: { new: { key: 'x' } } },
    });
    expect(settings).toEqual({ seed: 1, scene: { scale: 2, density: 3 }, empty: null });
    expect(applyOverrides(undefined, [set('a.b', 1)])).toEqual({ a: { b: 1 } });
    expect(applyOverrides(settings, [])).toBe(settings);
  });

  it('obey the last of two overrides, whole sections too', () => {
    expect(applyOverrides(settings, [set('scene', { scale: 4 }), set('scene.density', 7), set('seed', 2)])).toEqual({
      ...{ seed: 2, scene: { scale: 4, density: 7 }, empty: null },
    });
    expect(applyOverrides(settings, [set('scene.density', 7), set('scene', {})])).toMatchObject({ scene: {} });
  });

  it('hold what is read back, for keys at random', () => {
    const rng = rngStream(0, 'test/overrides');
    const overrides = Array.from({ length: 60 }, (_, i) =>
      set(Array.from({ length: 3 }, () => 'abcd'[rng.int(4)]).join('.'), i),
    );
    const result = applyOverrides({}, overrides) as Record<string, Record<string, Record<string, number>>>;
    const last = new Map(overrides.map((o) => [o.path.join('.'), o.value]));
    for (const [name, value] of last) {
      const [a, b, c] = name.split('.');
      expect(result[a][b][c], name).toBe(value);
    }
    expect(Object.values(result).flatMap((b) => Object.values(b).flatMap((c) => Object.values(c)))).toHaveLength(
      last.size,
    );
  });

  it('are refused where a key on the way is no section', () => {
    const refusal = "--set seed.scale: expected sections on the way to 'scale', got 1";
    expect(() => applyOverrides(settings, [set('seed.scale', 2)])).toThrow(refusal);
    expect(() => applyOverrides({ taps: [1] }, [set('taps.x', 2)])).toThrow("on the way to 'x', got [1]");
    expect(() => applyOverrides('text', [set('seed', 2)])).toThrow('on the way to \'seed\', got "text"');
  });

  it('take no names that every object has for sections', () => {
    const result = applyOverrides({}, [set('constructor.name', 'x')]);
    expect(JSON.stringify(result)).toBe('{"constructor":{"name":"x"}}');
  });

  it('are named as they are typed', () => {
    expect(overrideName(set('scene.scale', 1))).toBe('--set scene.scale');
  });
});
