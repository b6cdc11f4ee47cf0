/** Fields of the chosen object: place, turn and size as numbers, for hands on a keyboard. */
import { Euler, MathUtils, Quaternion } from 'three';
import type { Pose } from '../../../sim/math/pose.ts';
import { element } from '../../page/panel.ts';
import type { Change, ObjectShown } from './editor.ts';

const PLACE = ['edit-x', 'edit-y', 'edit-z'] as const;
const TURN = ['edit-rx', 'edit-ry', 'edit-rz'] as const;

const input = (id: string): HTMLInputElement => element<HTMLInputElement>(id);
const show = (id: string, value: number, digits: number): void => {
  const field = input(id);
  if (field !== document.activeElement || Number(field.value) !== value)
    field.value = String(Number(value.toFixed(digits)));
};

/** Shows an object in the fields. Turns are about the world's x, then y, then z, degrees. */
export function showFields(object: ObjectShown | undefined): void {
  element<HTMLFieldSetElement>('edit-one').disabled = object === undefined;
  if (!object) {
    for (const id of [...PLACE, ...TURN, 'edit-scale', 'edit-seed']) input(id).value = '';
    return;
  }
  const { position, quaternion } = object.pose;
  PLACE.forEach((id, k) => {
    show(id, 1000 * position[k], 1);
  });
  const { x, y, z } = new Euler().setFromQuaternion(new Quaternion(...quaternion), 'ZYX');
  TURN.forEach((id, k) => {
    show(id, MathUtils.radToDeg([x, y, z][k]), 1);
  });
  show('edit-scale', 100 * object.scale, 0);
  show('edit-seed', object.seed, 0);
  input('edit-seed').disabled = object.fromFile;
}

/** What the fields say, told when one of them was changed. */
export function onFields(current: () => ObjectShown | undefined, change: (change: Change) => void): void {
  const number = (id: string): number => Number(input(id).value) || 0;
  const on = (ids: readonly string[], read: (pose: Pose) => Change): void => {
    for (const id of ids)
      input(id).addEventListener('change', () => {
        const object = current();
        if (object) change(read(object.pose));
      });
  };
  on(PLACE, ({ quaternion }) => {
    const [x, y, z] = PLACE.map((id) => number(id) / 1000);
    return { pose: { position: [x, y, z], quaternion } };
  });
  on(TURN, ({ position }) => {
    const [x, y, z] = TURN.map((id) => MathUtils.degToRad(number(id)));
    const q = new Quaternion().setFromEuler(new Euler(x, y, z, 'ZYX'));
    return { pose: { position, quaternion: [q.x, q.y, q.z, q.w] } };
  });
  on(['edit-scale'], () => ({ scale: Math.min(Math.max(number('edit-scale') / 100, 0.1), 10) }));
  on(['edit-seed'], () => ({ seed: Math.min(Math.max(Math.floor(number('edit-seed')), 0), 2 ** 31) }));
}
