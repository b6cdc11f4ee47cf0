import { describe, expect, it } from 'vitest';
import { applyOverrides } from '../../../scenarios/parse/overrides.ts';
import { parseScenario } from '../../../scenarios/parse/parse.ts';
import { type Control, controlsOf, fromSlider, toSlider } from '../../../scenarios/schema/controls.ts';
import { type Scenario, scenarioJsonSchema, scenarioSchema } from '../../../scenarios/schema/schema.ts';

const SCHEMA = scenarioJsonSchema();
const SECTIONS = ['gripper', 'sensor', 'scene', 'motion', 'physics'] as const;
const plain = parseScenario('', 'x');
const of = (scenario: Scenario): Control[] => SECTIONS.flatMap((section) => controlsOf(SCHEMA, scenario, section));
const keys = (scenario: Scenario): string[] => of(scenario).map(({ key }) => key);

/** Another value than that of the control. */
const other = (control: Control): unknown => {
  switch (control.kind) {
    case 'switch':
      return !control.value;
    case 'choice':
      return control.options.find((o) => o !== control.value);
    case 'number':
      return control.value === control.limits.high ? control.limits.low : control.limits.high;
    default:
      return control.limits.map(({ high }) => high);
  }
};

describe('the controls of a scenario', () => {
  it('are those of its schema', () => {
    const shown = of(plain);
    const by = (key: string): Control | undefined => shown.find((c) => c.key === key);
    expect(by('gripper.stroke')).toMatchObject({ kind: 'number', value: 0.08, limits: { low: 0.01, high: 0.3 } });
    expect(by('gripper.preset')).toMatchObject({ kind: 'choice', value: 'default' });
    expect(by('sensor.noise.model')).toMatchObject({ kind: 'choice', value: 'gaussian-field', label: 'noise' });
    expect(by('sensor.noise.dropout')).toMatchObject({ kind: 'number', value: 0.01, label: 'noise dropout' });
    expect(by('sensor.randomLight')).toMatchObject({ kind: 'switch', value: true, label: 'random light' });
    expect(by('scene.friction')).toMatchObject({ kind: 'numbers', value: [0.25, 0.8] });
    expect(by('sensor.eye')).toMatchObject({ kind: 'numbers', value: [0, -0.25, 0.55] });
    expect(by('sensor.heightmap.cell')).toMatchObject({ kind: 'number', label: 'heightmap cell' });
  });

  it('follow what the scenario has: another hand, another noise, a bin', () => {
    expect(keys(plain)).not.toContain('gripper.cupRadius');
    expect(keys(parseScenario('gripper: { kind: suction }', 'x'))).toContain('gripper.cupRadius');
    expect(keys(parseScenario('sensor: { noise: { model: stereo } }', 'x'))).toContain('sensor.noise.holes');
    expect(keys(parseScenario('scene: { bin: { halfWidth: 0.1, height: 0.05 } }', 'x'))).toContain('scene.bin.height');
  });

  it('each change their own setting to one that the schema takes, and nothing else', () => {
    // a hand's kind and preset go together, and are changed as one
    for (const control of of(plain).filter(({ key }) => !/^gripper\.(kind|preset)$/.test(key))) {
      const value = other(control);
      const { path, value: changed } = control.change(value);
      const scenario = scenarioSchema.parse(applyOverrides({}, [{ path, value: changed }]));
      const [after, ...more] = of(scenario).filter(
        (c) => JSON.stringify(c.value) !== JSON.stringify(of(plain).find((p) => p.key === c.key)?.value),
      );
      expect({ key: after?.key, value: after?.value }, control.key).toEqual({ key: control.key, value });
      if (control.key !== 'sensor.noise.model')
        expect(
          more.map(({ key }) => key),
          control.key,
        ).toEqual([]);
    }
  });

  it('have sliders that reach both limits, and every value between', () => {
    for (const limits of [
      { low: 0.1, high: 500, whole: false },
      { low: 0, high: 0.05, whole: false },
      { low: 16, high: 1024, whole: true },
    ]) {
      expect([0, 1].map((at) => fromSlider(at, limits))).toEqual([limits.low, limits.high]);
      const value = fromSlider(0.4, limits);
      expect(fromSlider(toSlider(value, limits), limits)).toBe(value);
    }
  });
});
