/** Hand in the scene: palm, fingers and cup as they are drawn. */
import {
  BoxGeometry,
  type ColorRepresentation,
  CylinderGeometry,
  Group,
  type Material,
  Mesh,
  type MeshLambertMaterial,
  type MeshStandardMaterial,
} from 'three';
import { RoundedBoxGeometry } from 'three/addons/geometries/RoundedBoxGeometry.js';
import { STEM_SHARE } from '../../../sim/hand/geometry.ts';
import { type HandSettings, kindOf, type SuctionSettings } from '../../../sim/hand/settings.ts';
import type { Vec3 } from '../../../sim/math/pose.ts';

/** The three moving bodies, each in its own frame (the tcp frame when the fingers are closed). */
export interface GripperModel {
  readonly palm: Group;
  /** On +X, on -X. */
  readonly fingers: readonly [Group, Group];
}

/** Makes a material; roughness 0..1. */
export type Surface = (colour: ColorRepresentation, roughness: number) => MeshStandardMaterial | MeshLambertMaterial;

interface Finish {
  readonly shell: Material;
  readonly trim: Material;
  readonly steel: Material;
  readonly rubber: Material;
  readonly accent: Material;
}

/**
 * The gripper at its true size: palm and fingers fill exactly the boxes that collide; the wrist behind the palm is
 * decoration.
 */
export function buildGripper(g: HandSettings, palmHalf: Vec3, surface: Surface): GripperModel {
  const finish: Finish = {
    shell: surface(0xf2f4f6, 0.45),
    trim: surface(0x2b3440, 0.5),
    steel: surface(0x8b96a3, 0.4),
    rubber: surface(0x20262d, 0.9),
    accent: surface(0x14a098, 0.5),
  };
  // a kind that the page has no model of is drawn with jaws
  const fingers = FINGERS[kindOf(g)] ?? FINGERS.jaws;
  return { palm: buildPalm(g, palmHalf, finish), fingers: fingers(g, finish) };
}

/** What is drawn on a finger's frames, by kind of hand. */
const FINGERS: Readonly<Record<string, (g: HandSettings, finish: Finish) => readonly [Group, Group]>> = {
  jaws: (g, finish) => [buildFinger(g, 1, finish), buildFinger(g, -1, finish)],
  suction: (g, finish) => [buildCup(g as SuctionSettings, finish), new Group()],
};

function buildPalm(g: HandSettings, half: Vec3, { shell, trim, accent }: Finish): Group {
  const palm = new Group();
  const middle = -g.fingerLength - half[2];
  const back = middle - half[2];
  palm.add(
    solid(new RoundedBoxGeometry(2 * half[0], 2 * half[1], 2 * half[2], 3, 0.005), shell, [0, 0, middle]),
    // a rail in the face the fingers slide along, and a stripe around the body
    solid(new BoxGeometry(1.86 * half[0], 0.9 * half[1], 0.002), trim, [0, 0, -g.fingerLength - 0.0008]),
    solid(new RoundedBoxGeometry(2 * half[0] + 0.0008, 2 * half[1] + 0.0008, 0.004, 2, 0.002), accent, [
      0,
      0,
      middle - half[2] * 0.35,
    ]),
    cylinder(0.026, 0.01, trim, back - 0.005),
    cylinder(0.021, 0.05, shell, back - 0.035),
    cylinder(0.0214, 0.006, accent, back - 0.05),
  );
  return palm;
}

function buildFinger(g: HandSettings, side: 1 | -1, { steel, rubber }: Finish): Group {
  const finger = new Group();
  const pad = 0.25 * g.fingerThickness;
  const padLength = Math.min(0.6 * g.fingerLength, 0.024);
  const body = g.fingerThickness - pad;
  const root = g.fingerLength - padLength;
  finger.add(
    solid(new RoundedBoxGeometry(body, g.fingerWidth, g.fingerLength, 2, 0.0018), steel, [
      side * (pad + body / 2),
      0,
      -g.fingerLength / 2,
    ]),
    solid(new BoxGeometry(pad, 0.94 * g.fingerWidth, padLength), rubber, [(side * pad) / 2, 0, -padLength / 2]),
    solid(new BoxGeometry(pad, g.fingerWidth, root), steel, [(side * pad) / 2, 0, -padLength - root / 2]),
  );
  return finger;
}

/** Stem, bellows and lip of a suction cup, in place of the fingers. */
function buildCup(g: SuctionSettings, { steel, rubber, accent }: Finish): Group {
  const cup = new Group();
  const [stem, fold] = [STEM_SHARE * g.cupRadius, g.lipTravel / 2];
  const body = g.fingerLength - 2 * g.lipTravel;
  cup.add(
    cylinder(stem, body, steel, -2 * g.lipTravel - body / 2),
    cylinder(0.8 * g.cupRadius, fold, accent, -3.5 * fold),
    cylinder(stem, fold, rubber, -2.5 * fold),
    cone(0.75 * g.cupRadius, g.cupRadius, g.lipTravel, rubber),
  );
  return cup;
}

/** The lip: widens towards z = 0. */
function cone(back: number, front: number, length: number, material: Material): Mesh {
  const mesh = new Mesh(new CylinderGeometry(front, back, length, 40).rotateX(Math.PI / 2), material);
  mesh.position.set(0, 0, -length / 2);
  mesh.castShadow = true;
  return mesh;
}

function solid(geometry: BoxGeometry, material: Material, at: Vec3): Mesh {
  const mesh = new Mesh(geometry, material);
  mesh.position.set(...at);
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  return mesh;
}

/** About the z axis, centred at z. */
function cylinder(radius: number, length: number, material: Material, z: number): Mesh {
  const mesh = new Mesh(new CylinderGeometry(radius, radius, length, 32).rotateX(Math.PI / 2), material);
  mesh.position.set(0, 0, z);
  mesh.castShadow = true;
  return mesh;
}
