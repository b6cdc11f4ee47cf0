/** Form: the camera's numbers and the settings. */
import type { Intrinsics } from '../../../sim/camera/camera.ts';
import {
  CUP_PRESETS,
  GRIPPER_PRESETS,
  type GripperPreset,
  JAW_PRESETS,
  presetKind,
  suctionCup,
} from '../../../sim/hand/presets.ts';
import { type HandSettings, kindOf } from '../../../sim/hand/settings.ts';
import { element } from '../../page/panel.ts';
import { type Fields, fovOf, GUESSED_FOV, guessedIntrinsics } from './question.ts';
import type { ReadCamera } from './read.ts';

const input = (id: string): HTMLInputElement => element<HTMLInputElement>(id);
const PINHOLE = ['fx', 'fy', 'cx', 'cy'] as const;

/** The number in a field; undefined if there is none. */
const numberIn = (id: string): number | undefined => {
  const value = input(id).valueAsNumber;
  return Number.isFinite(value) ? value : undefined;
};

/** A share from a field in per cent. */
const percentIn = (id: string): number | undefined => {
  const percent = numberIn(id);
  return percent === undefined ? undefined : Math.min(Math.max(percent / 100, 0), 1);
};

const short = (value: number): string => String(Number(value.toFixed(2)));

/** The fields. They tell when another question should be asked. */
export class Form {
  #size: Pick<Intrinsics, 'widthPx' | 'heightPx'> | undefined;
  #guessed = true;
  #fromFile = false;

  /** @param changed told whether the pictures have to be read anew, too. */
  constructor(changed: (readAnew: boolean) => void) {
    element('controls').addEventListener('submit', (event) => event.preventDefault());
    for (const id of ['count', 'least', 'hand', 'centre-x', 'centre-y', 'size-x', 'size-y', 'clean', 'clear'])
      element(id).addEventListener('input', () => changed(false));
    element('scale').addEventListener('input', () => changed(true));
    element('fov').addEventListener('input', () => {
      const fov = numberIn('fov');
      if (!this.#size || fov === undefined || fov < 5 || fov > 150) return;
      this.#fill(guessedIntrinsics(this.#size.widthPx, this.#size.heightPx, fov), false);
      this.#guessed = false;
      this.#note();
      changed(false);
    });
    for (const id of PINHOLE)
      element(id).addEventListener('input', () => {
        const fx = numberIn('fx');
        if (this.#size && fx) input('fov').value = short(fovOf({ ...this.#size, fx }));
        this.#guessed = false;
        this.#note();
        changed(false);
      });
  }

  /** Offers the hands of a policy's own kind. */
  offerHands(own: HandSettings): void {
    const presets = GRIPPER_PRESETS.filter((name) => presetKind(name) === kindOf(own));
    element<HTMLSelectElement>('hand').replaceChildren(
      new Option("the policy's own", ''),
      ...presets.map((name) => new Option(name, name)),
    );
  }

  /** The hand that is asked about. */
  hand(own: HandSettings): HandSettings {
    const name = element<HTMLSelectElement>('hand').value as GripperPreset | '';
    if (name === '') return own;
    return name in CUP_PRESETS
      ? suctionCup(CUP_PRESETS[name as keyof typeof CUP_PRESETS])
      : JAW_PRESETS[name as keyof typeof JAW_PRESETS];
  }

  /** Shows a file's camera; without one a camera is guessed for a new size of picture. Undefined: there is no picture. */
  showCamera(size: Pick<Intrinsics, 'widthPx' | 'heightPx'> | undefined, file: ReadCamera | undefined): void {
    const same = size && this.#size?.widthPx === size.widthPx && this.#size.heightPx === size.heightPx;
    this.#size = size && { widthPx: size.widthPx, heightPx: size.heightPx };
    if (file) this.#fill(file.intrinsics, true);
    else if (size && (!same || this.#fromFile)) {
      this.#guessed = true;
      this.#fill(guessedIntrinsics(size.widthPx, size.heightPx, GUESSED_FOV), true);
    }
    this.#fromFile = file !== undefined;
    element<HTMLFieldSetElement>('camera-fields').disabled = file !== undefined || !size;
    for (const id of ['centre-x', 'centre-y']) {
      input(id).disabled = size !== undefined && !file?.T_world_camera;
      input(id).title = input(id).disabled ? 'Needs a camera file with T_world_camera' : 'In the world frame';
    }
    this.#note(file);
  }

  /** Intrinsics as the fields say them. @throws RangeError if one is missing. */
  intrinsics(): Intrinsics {
    if (!this.#size) throw new RangeError('camera: expected a picture first, got none');
    const [fx, fy, cx, cy] = PINHOLE.map((id) => {
      const value = numberIn(id);
      if (value === undefined) throw new RangeError(`camera: expected a number for ${id}, got none`);
      return value;
    });
    return { ...this.#size, fx, fy, cx, cy };
  }

  get fields(): Fields {
    const centre = (['centre-x', 'centre-y'] as const).map((id) => (input(id).disabled ? undefined : numberIn(id)));
    return {
      count: numberIn('count'),
      minProbability: percentIn('least'),
      hand: element<HTMLSelectElement>('hand').value || undefined,
      depthScale: numberIn('scale'),
      centre: [centre[0], centre[1]],
      size: [numberIn('size-x'), numberIn('size-y')],
      clean: input('clean').checked,
      clear: input('clear').checked,
    };
  }

  #fill(intrinsics: Intrinsics, withFov: boolean): void {
    for (const id of PINHOLE) input(id).value = short(intrinsics[id]);
    if (withFov) input('fov').value = short(fovOf(intrinsics));
  }

  #note(file?: ReadCamera): void {
    element('camera-note').textContent = !this.#size
      ? 'The camera file, or these numbers, say how the picture was taken.'
      : file
        ? `From the camera file. ${file.T_world_camera ? 'Grasps are in the world frame.' : 'It has no pose: grasps are in the camera frame.'}`
        : this.#guessed
          ? `No camera file: a view of ${GUESSED_FOV}° from left to right is guessed. Grasps are only as true as that.`
          : 'As you say. Grasps are in the camera frame.';
  }
}
