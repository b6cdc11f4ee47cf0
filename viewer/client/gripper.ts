import { BoxGeometry, CylinderGeometry, Group, Mesh, MeshStandardMaterial } from 'three';
import { RoundedBoxGeometry } from 'three/addons/geometries/RoundedBoxGeometry.js';
import type { GripperSettings } from '../../sim/gripper.ts';
import type { Vec3 } from '../../sim/pose.ts';

/** The three moving bodies, each in its own frame (the tcp frame when the fingers are closed). */
export interface GripperModel {
  readonly palm: Group;
  /** On +X, on -X. */
  readonly fingers: readonly [Group, Group];
}

const shell = new MeshStandardMaterial({ color: 0xf2f4f6, roughness: 0.45, metalness: 0.05 });
const trim = new MeshStandardMaterial({ color: 0x2b3440, roughness: 0.5, metalness: 0.2 });
const steel = new MeshStandardMaterial({ color: 0x8d99a6, roughness: 0.35, metalness: 0.35 });
const rubber = new MeshStandardMaterial({ color: 0x20262d, roughness: 0.9 });
const accent = new MeshStandardMaterial({ color: 0x14a098, roughness: 0.5 });

/**
 * The gripper at its true size: palm and fingers fill exactly the boxes that collide; the wrist behind the palm is
 * decoration.
 */
export function buildGripper(g: GripperSettings, palmHalf: Vec3): GripperModel {
  return { palm: buildPalm(g, palmHalf), fingers: [buildFinger(g, 1), buildFinger(g, -1)] };
}

function buildPalm(g: GripperSettings, half: Vec3): Group {
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

function buildFinger(g: GripperSettings, side: 1 | -1): Group {
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

function solid(geometry: BoxGeometry, material: MeshStandardMaterial, at: Vec3): Mesh {
  const mesh = new Mesh(geometry, material);
  mesh.position.set(...at);
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  return mesh;
}

/** About the z axis, centred at z. */
function cylinder(radius: number, length: number, material: MeshStandardMaterial, z: number): Mesh {
  const mesh = new Mesh(new CylinderGeometry(radius, radius, length, 32).rotateX(Math.PI / 2), material);
  mesh.position.set(0, 0, z);
  mesh.castShadow = true;
  return mesh;
}
