/** The table that every scene stands on, and its light. */
import {
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  Color,
  DirectionalLight,
  Fog,
  GridHelper,
  HemisphereLight,
  LineBasicMaterial,
  LineLoop,
  Mesh,
  type Object3D,
  type Scene,
} from 'three';
import type { Surface } from './hand.ts';

/** Its edges lie in the fog, whatever the shape of the picture. */
const TABLE_SIDE = 2.4;

/** Sky, sun and rim light. @param shadows pixels along a side of their map. */
export function lights(shadows: number): Object3D[] {
  const sky = new HemisphereLight(0xffffff, 0xb9b2a8, 1.25);
  sky.position.set(0, 0, 1);
  const sun = new DirectionalLight(0xfffaf2, 2.2);
  sun.position.set(0.45, -0.2, 1);
  sun.castShadow = true;
  sun.shadow.mapSize.set(shadows, shadows);
  sun.shadow.radius = 4;
  sun.shadow.bias = -0.0004;
  sun.shadow.normalBias = 0.002;
  const span = 0.34;
  Object.assign(sun.shadow.camera, { left: -span, right: span, top: span, bottom: -span, near: 0.4, far: 1.8 });
  const rim = new DirectionalLight(0xdfe9ff, 0.7);
  rim.position.set(-0.6, 0.5, 0.5);
  return [sky, sun, rim];
}

/** Table, grid of 5 cm, outline of the 40 cm workspace. @returns what colours them. */
export function buildTable(scene: Scene, surface: Surface): (dark: boolean) => void {
  const top = surface(0xffffff, 0.92);
  const slab = new Mesh(new BoxGeometry(TABLE_SIDE, TABLE_SIDE, 0.04), top);
  slab.position.z = -0.0202;
  slab.receiveShadow = true;
  const grid = new GridHelper(TABLE_SIDE, TABLE_SIDE / 0.05, 0xffffff, 0xffffff);
  grid.rotateX(Math.PI / 2);
  grid.position.z = 0.0003;
  const gridLine = grid.material as LineBasicMaterial;
  Object.assign(gridLine, { transparent: true, depthWrite: false, vertexColors: false });
  const edge = new LineBasicMaterial({ transparent: true, opacity: 0.5 });
  const corners = [-0.2, -0.2, 0.2, -0.2, 0.2, 0.2, -0.2, 0.2].flatMap((v, i) => (i % 2 ? [v, 0.0006] : [v]));
  const outline = new LineLoop(
    new BufferGeometry().setAttribute('position', new BufferAttribute(Float32Array.from(corners), 3)),
    edge,
  );
  scene.add(slab, grid, outline);
  scene.fog = new Fog(0xffffff, 0.75, 1.5);
  const background = buildBackground(scene);
  return (dark) => {
    background(dark);
    top.color.set(dark ? 0x3a424d : 0xe4e1dc);
    gridLine.color.set(dark ? 0xffffff : 0x2b3440);
    gridLine.opacity = dark ? 0.08 : 0.11;
    edge.color.set(dark ? 0xa9b6c6 : 0x3a4654);
  };
}

/** What is behind everything. @returns what colours it, and the fog if there is any. */
export function buildBackground(scene: Scene): (dark: boolean) => void {
  return (dark) => {
    const background = new Color(dark ? 0x101317 : 0xeef0f3);
    scene.background = background;
    scene.fog?.color.copy(background);
  };
}
