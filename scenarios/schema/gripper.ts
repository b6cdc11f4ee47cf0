/** Section `gripper`: a preset of a hand, and the settings that differ from it. */
import { z } from 'zod';
import {
  CUP_PRESETS,
  type CupSettings,
  GRIPPER_PRESETS,
  type GripperPreset,
  HAND_KINDS,
  JAW_PRESETS,
  presetKind,
  suctionCup,
} from '../../sim/hand/presets.ts';
import { type HandSettings, PALM_KEYS, type SuctionSettings } from '../../sim/hand/settings.ts';
import { length } from './values.ts';

const gripperInput = z.strictObject({
  kind: z.enum(HAND_KINDS).optional().describe("'jaws' unless the preset is a cup"),
  preset: z
    .enum(GRIPPER_PRESETS as [GripperPreset, ...GripperPreset[]])
    .optional()
    .describe('where every setting that is not given comes from; see docs/physics.md'),
  stroke: length(0.01, 0.3).optional().describe('jaws: largest distance between the pads, m'),
  force: z.number().min(0.1).max(500).optional().describe('of each finger, or the pull at which a cup lets go, N'),
  closingSpeed: length(0.01, 1).optional().describe('jaws: m/s'),
  fingerLength: length(0.01, 0.2).optional().describe("or of a cup's stem, m"),
  fingerWidth: length(0.002, 0.1).optional(),
  fingerThickness: length(0.002, 0.05).optional(),
  fingerMass: z.number().min(0.001).max(1).optional().describe('kg'),
  padFriction: length(0.01, 3).optional().describe("or of a cup's lip"),
  palmWidth: length(0.02, 0.5).optional().describe('housing behind the fingers, along the closing direction, m'),
  palmDepth: length(0.01, 0.3).optional().describe('across it, m'),
  palmHeight: length(0.01, 0.3).optional().describe('along the approach, m'),
  cupRadius: length(0.002, 0.05).optional().describe('suction: radius of the lip, m'),
  torqueLimit: z.number().min(0.001).max(50).optional().describe('suction: torque at which the lip peels off, N m'),
  sealFlatness: length(0.0001, 0.02).optional().describe('suction: how far the surface may stray from a plane, m'),
  sealAngle: z.number().min(0.01).max(1.2).optional().describe('suction: largest tilt of the surface, radians'),
  lipTravel: length(0.0005, 0.03).optional().describe('suction: how far the lip gives way, m'),
  compliance: z.number().min(2).max(40).optional().describe('suction: natural frequency of an object on the cup, Hz'),
});

type GripperInput = z.infer<typeof gripperInput>;

/** Every key that a gripper may have. */
export const GRIPPER_KEYS = Object.keys(gripperInput.shape);

/** Schema of `gripper`. */
export const gripper = gripperInput
  .superRefine((input, context) => {
    for (const message of misfits(input)) context.addIssue({ code: 'custom', ...message, input });
  })
  .transform(resolveGripper);

const gripperKind = ({ kind, preset }: GripperInput): string => kind ?? (preset ? presetKind(preset) : 'jaws');

/** Keys that the kind of gripper does not have, and a preset of the other kind. */
function misfits(input: GripperInput): { message: string; path: (keyof GripperInput)[] }[] {
  const kind = gripperKind(input);
  if (input.preset && presetKind(input.preset) !== kind) {
    const fitting = GRIPPER_PRESETS.filter((p) => presetKind(p) === kind).join(', ');
    return [{ message: `expected a preset of kind '${kind}' (${fitting})`, path: ['preset'] }];
  }
  const resolved: Readonly<Record<string, unknown>> = { ...resolveGripper(input) };
  return (Object.keys(input) as (keyof GripperInput)[])
    .filter((key) => input[key] !== undefined && resolved[key] !== input[key])
    .map((key) => ({ message: `expected a key that '${kind}' has`, path: [key] }));
}

/** The preset with what is given on top; parsing the result again gives the same. */
function resolveGripper(
  input: GripperInput,
): (HandSettings | SuctionSettings) & { readonly kind: string; readonly preset: GripperPreset } {
  const kind = gripperKind(input);
  const preset = input.preset ?? GRIPPER_PRESETS.find((name) => presetKind(name) === kind)!;
  const settings: HandSettings | CupSettings = { ...JAW_PRESETS, ...CUP_PRESETS }[preset];
  const own = {
    ...Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [key, input[key as keyof GripperInput] ?? value]),
    ),
    ...Object.fromEntries(PALM_KEYS.flatMap((key) => (input[key] === undefined ? [] : [[key, input[key]]]))),
  };
  if (kind === 'suction') return { ...suctionCup(own as unknown as CupSettings), preset };
  return { kind, preset, ...(own as unknown as Omit<HandSettings, 'kind'>) };
}
