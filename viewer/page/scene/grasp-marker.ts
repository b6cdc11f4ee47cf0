/** Grasp marker: the planned grasp as lines in the scene. */
import { type BufferGeometry, CylinderGeometry, Group, Mesh, MeshBasicMaterial, SphereGeometry } from 'three';
import type { PlannedGrasp } from '../../../sim/recording/episode.ts';

/** The planned grasp: closing line with a mark for each finger, and the approach. Shows faintly through solids. */
export class GraspMarker {
  readonly group = new Group();
  readonly #solid = new MeshBasicMaterial({ toneMapped: false });
  readonly #ghost = new MeshBasicMaterial({ toneMapped: false, transparent: true, opacity: 0.35, depthTest: false });

  /** @param tilt about the closing direction, radians. */
  constructor(grasp: PlannedGrasp, colour: string, tilt = 0) {
    const rod = (length: number, radius: number): CylinderGeometry => new CylinderGeometry(radius, radius, length, 8);
    const closing = rod(grasp.opening, 0.0009).rotateZ(Math.PI / 2);
    const shapes: BufferGeometry[] = [closing, new SphereGeometry(0.0032, 16, 12)];
    for (const x of [-grasp.opening / 2, grasp.opening / 2]) {
      shapes.push(rod(0.02, 0.0014).translate(x, 0, 0));
    }
    for (let i = 0; i < 5; i++) {
      const dash = rod(0.012, 0.0007).rotateX(Math.PI / 2);
      shapes.push(dash.translate(0, 0, 0.02 + 0.022 * i));
    }
    for (const shape of shapes) {
      const ghost = new Mesh(shape, this.#ghost);
      ghost.renderOrder = 2;
      this.group.add(new Mesh(shape, this.#solid), ghost);
    }
    this.group.position.set(...grasp.position);
    this.group.rotation.set(tilt, 0, grasp.yaw, 'ZYX');
    this.tint(colour);
  }

  tint(colour: string): void {
    this.#solid.color.set(colour);
    this.#ghost.color.set(colour);
  }
}
