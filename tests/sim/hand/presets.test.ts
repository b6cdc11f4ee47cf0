import { beforeAll, describe, expect, it } from 'vitest';
import { parseScenario } from '../../../scenarios/load.ts';
import { scenarioSchema } from '../../../scenarios/schema/schema.ts';
import { topDownGrasp } from '../../../sim/grasp.ts';
import { palmHalf } from '../../../sim/hand/geometry.ts';
import { GRIPPER_PRESETS, JAW_PRESETS } from '../../../sim/hand/presets.ts';
import { kindOf } from '../../../sim/hand/settings.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { runTrial } from '../../../sim/trial.ts';
import { CUBE, sceneOf, TRIAL } from '../../support/scenes.ts';

beforeAll(loadPhysics);

const resolved = (gripper: string) => parseScenario(`gripper: ${gripper}`, 'x.yaml').gripper;

describe.each(Object.entries(JAW_PRESETS))('preset %s', (name, gripper) => {
  const settings = { ...TRIAL, gripper };

  it('is what a scenario gets that names it', () => {
    expect(resolved(`{ preset: ${name} }`)).toEqual({ kind: 'jaws', ...gripper, preset: name });
  });

  it('holds a 4 cm cube with its own force and less than 1 mm of gap error', () => {
    const trial = runTrial(sceneOf(CUBE, [0, 0, 0.02]), topDownGrasp([0, 0, 0.015], 0, gripper.stroke), settings);
    expect(trial.outcome).toBe('held');
    expect(Math.abs(trial.gap - 0.04)).toBeLessThan(0.001);
    for (const force of trial.forces) expect(Math.abs(force / gripper.force - 1)).toBeLessThan(0.15);
  });

  it('finds too wide what is 5 mm wider than its stroke, and holds what is 5 mm narrower', () => {
    const trial = (width: number) =>
      runTrial(
        sceneOf({ kind: 'box', half: [width / 2, 0.02, 0.02] }, [0, 0, 0.02]),
        topDownGrasp([0, 0, 0.01], 0, gripper.stroke),
        settings,
      ).outcome;
    expect(trial(gripper.stroke + 0.005)).toBe('too-wide');
    expect(trial(gripper.stroke - 0.005)).toBe('held');
  });
});

describe('the gripper section of a scenario', () => {
  it('is the default hand if it is left out', () => {
    expect(parseScenario('', 'x.yaml').gripper).toEqual({ ...JAW_PRESETS.default, kind: 'jaws', preset: 'default' });
  });

  it('puts what is given on top of the preset', () => {
    const { force, stroke } = resolved('{ preset: 2f-85, force: 100 }');
    expect([force, stroke]).toEqual([100, 0.085]);
  });

  it.each(GRIPPER_PRESETS)('reads %s back from a run as it was written', (preset) => {
    const scenario = parseScenario(`gripper: { preset: ${preset}, force: 7 }`, 'x.yaml');
    expect(scenarioSchema.parse(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario);
  });

  it('derives the outer dimensions of a cup from its radius', () => {
    const cup = resolved('{ kind: suction, cupRadius: 0.012 }');
    expect(kindOf(cup)).toBe('suction');
    expect(cup).toMatchObject({ cupRadius: 0.012, fingerWidth: 0.024, fingerThickness: 0.012, stroke: 0.024 });
  });

  it('gives a hand its housing, which a preset need not have', () => {
    expect(palmHalf(resolved('{ palmWidth: 0.2, palmHeight: 0.05 }'))).toEqual([0.1, 0.02, 0.025]);
    expect(palmHalf(resolved('{ preset: franka-hand, palmDepth: 0.05 }'))).toEqual([0.102, 0.025, 0.033]);
  });

  it('refuses keys and presets of another kind of gripper', () => {
    const refused = (gripper: string) => () => resolved(gripper);
    expect(refused('{ kind: suction, stroke: 0.05 }')).toThrow(
      "x.yaml:1: gripper.stroke: expected a key that 'suction' has, got 0.05",
    );
    expect(refused('{ cupRadius: 0.01 }')).toThrow(/gripper.cupRadius: expected a key that 'jaws' has/);
    expect(refused('{ kind: suction, preset: 2f-85 }')).toThrow(
      /gripper.preset: expected a preset of kind 'suction' \(cup-30, cup-20, cup-12\), got "2f-85"/,
    );
    expect(refused('{ preset: robot-hand }')).toThrow(/gripper.preset: .*"franka-hand".*got "robot-hand"/);
    expect(refused('{ cupRadus: 0.01 }')).toThrow(/unknown key; expected one of kind, preset, .*cupRadius/);
  });
});
