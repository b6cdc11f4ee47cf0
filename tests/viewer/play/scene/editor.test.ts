import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseScenario } from '../../../../scenarios/parse/parse.ts';
import { sceneAndView, splitSettings } from '../../../../scenarios/trials/scene.ts';
import type { Pose, Vec3 } from '../../../../sim/math/pose.ts';
import { rngStream } from '../../../../sim/math/rng.ts';
import { sceneWith } from '../../../../sim/scene.ts';
import { type EditShown, SceneEditor } from '../../../../viewer/play/scene/editor.ts';
import { MeshFiles } from '../../../../viewer/play/scene/meshes.ts';
import type { Lying } from '../../../../viewer/play/scene/taken.ts';

const FILES: Readonly<Record<string, string>> = {
  mine: 'scene:\n  friction: [0.5, 0.5]\n  placed:\n    - { family: box, seed: 2, position: [0, 0, 0.05], falls: true }\n',
};
const file = (name: string): string =>
  FILES[name] ?? readFileSync(new URL(`../../../../scenarios/${name}.yaml`, import.meta.url), 'utf8');

let editor: SceneEditor;
let lying: Lying | undefined;
beforeEach(() => {
  lying = undefined;
  editor = new SceneEditor(file, new MeshFiles(() => undefined), () => lying);
});

/** Where an object is, as it lies, and elsewhere. */
const moved = ({ placed }: EditShown, index: number, position: Vec3): { pose: Pose } => ({
  pose: { ...placed[index].pose, position },
});
const names = ({ placed }: EditShown): string[] => placed.map(({ name }) => name);

describe('a scene that is edited', () => {
  it('begins with an empty table under the settings of the scenario, or with what that places', async () => {
    const { placed, text } = await editor.begin('bin');
    expect(placed).toEqual([]);
    expect(text).toContain('halfWidth: 0.13');
    expect(text).not.toMatch(/placed:|objectCount|Five objects/);
    expect((await editor.begin('mine')).placed).toMatchObject([{ name: 'box', seed: 2, falls: true }]);
  });

  it('takes over what lies in play, drawn and dropped, and gives a file that makes it again', async () => {
    const scenario = parseScenario(file('pile'), 'pile');
    const { scene } = sceneAndView(scenario, 9, 'evaluation', 2);
    const settings = splitSettings(scenario, 'evaluation', undefined);
    const dropped = sceneWith(scene, settings, scenario.physics, rngStream(9, 'drop/0', 2));
    lying = { name: 'pile', scenario, seed: 9, index: 2, drops: 1, scene: dropped };
    await editor.begin('pile');
    const shown = editor.take();
    expect(shown.placed).toHaveLength(scene.objects.length + 1);
    const again = sceneAndView(parseScenario(shown.text, 'taken'), 0, 'evaluation', 0).scene;
    expect(again.objects.map(({ model }) => model)).toEqual(dropped.objects.map(({ model }) => model));
    for (const [i, { pose }] of again.objects.entries())
      for (const k of [0, 1, 2]) expect(pose.position[k]).toBeCloseTo(dropped.objects[i].pose.position[k], 5);
    // moved it is the same object, drawn anew another one, and one step back there is the empty table
    const drawn = ({ text }: EditShown): number => text.match(/drawn:/g)!.length;
    expect(drawn(editor.change(0, moved(shown, 0, [0, 0, 0.2]), false))).toBe(dropped.objects.length);
    expect(drawn(editor.change(0, { seed: 1 }, false))).toBe(scene.objects.length);
    for (let back = 0; back < 3; back++) editor.undo();
    expect(editor.now().placed).toEqual([]);
  });

  it('takes nothing over where nothing lies', async () => {
    await editor.begin('tabletop');
    expect(() => editor.take()).toThrow('scene: expected objects in play, got none');
  });

  it('gives a file in which everything lies as it is shown', async () => {
    await editor.begin('tabletop');
    for (const family of ['box', 'bar', 'box'] as const) editor.add({ family });
    const shown = editor.change(1, moved(editor.now(), 1, [0, -0.09, 0.08]), true);
    const { scene, observation } = sceneAndView(parseScenario(shown.text, 'made'), 0, 'evaluation', 0);
    expect(scene.objects.map(({ pose }) => pose)).toEqual(shown.placed.map(({ pose }) => pose));
    expect(observation.frame.colour).toEqual(shown.image.rgb);
    expect(shown.placed.map(({ seed }) => seed)).toEqual([0, 0, 1]);
  });

  it('lets fall what is let go, what lost its support, and lifts it out of what it would be inside of', async () => {
    await editor.begin('tabletop');
    editor.add({ family: 'box' });
    const low = editor.add({ family: 'box' });
    const [x, y, z] = low.placed[0].pose.position;
    const stacked = editor.change(1, moved(low, 1, [x, y, z]), true);
    const top = stacked.placed[1].pose.position[2];
    expect(top).toBeGreaterThan(z + 0.02);
    expect(editor.remove(0, true).placed[0].pose.position[2]).toBeLessThan(top - 0.015);
  });

  it('keeps in the air what shall stay there, and says so in the file', async () => {
    const begun = await editor.begin('mine');
    const shown = editor.change(0, moved(begun, 0, [0, 0, 0.2]), false);
    expect(shown.text).toContain('falls: true');
    expect(shown.placed[0]).toMatchObject({ falls: true, pose: { position: [0, 0, 0.2] } });
    expect(editor.fall().text).not.toContain('falls');
  });

  it('takes every step back, and forward again, until another one is made', async () => {
    const begun = await editor.begin('tabletop');
    expect([begun.undoable, begun.redoable]).toEqual([false, false]);
    const one = editor.add({ family: 'mug' });
    const two = editor.add({ family: 'bar' });
    expect(editor.undo()).toEqual({ ...one, redoable: true });
    expect(editor.redo()).toEqual(two);
    editor.undo();
    expect(names(editor.add({ family: 'ring' }))).toEqual(['mug', 'ring']);
    expect(editor.now().redoable).toBe(false);
    for (let i = 0; i < 5; i++) editor.undo();
    expect(names(editor.now())).toEqual([]);
  });

  it('changes size and draw, and copies', async () => {
    await editor.begin('tabletop');
    const one = editor.add({ family: 'cylinder' });
    const large = editor.change(0, { scale: 2 }, true);
    expect(large.placed[0].size[0]).toBeCloseTo(2 * one.placed[0].size[0], 6);
    const other = editor.change(0, { seed: 5 }, true);
    expect(other.placed[0].size[0]).not.toBeCloseTo(large.placed[0].size[0], 4);
    expect(editor.copy(0).placed[1]).toMatchObject({ name: 'cylinder', seed: 5, scale: 2, falls: false });
  });

  it('takes settings, and their defaults back', async () => {
    await editor.begin('mine');
    expect(editor.set(['sensor', 'noise'], { model: 'none' }).scenario.sensor.noise).toEqual({ model: 'none' });
    expect(editor.set(['gripper', 'stroke'], 0.05).gripper).toMatchObject({ stroke: 0.05 });
    const back = editor.set(['gripper', 'stroke'], undefined);
    expect(back.text).not.toContain('gripper');
    expect(back.text).toContain('model: none');
  });

  it('is as it was after what cannot be', async () => {
    const begun = await editor.begin('mine');
    const there = editor.now();
    expect(() => editor.change(0, moved(begun, 0, [0.4, 0, 0.1]), true)).toThrow(
      'scene.placed.0: expected the box to lie within 0.13 m of the centre, got x, y, z = 0.4',
    );
    expect(() => editor.set(['gripper', 'stroke'], 7)).toThrow('gripper.stroke: expected number to be <=0.3, got 7');
    expect(editor.now()).toEqual(there);
    editor.change(0, { scale: 0.4 }, true);
    while (editor.now().placed.length < 20) editor.copy(0);
    expect(() => editor.copy(0)).toThrow('scene: expected at most 20 objects, got one more');
  });
});
