/** Renderer: colour, depth and segmentation of a scene, and its true heights. */
import { pow } from '../math/exponential.ts';
import { normalize, type Pose, type Vec3 } from '../math/pose.ts';
import type { Mesh } from '../objects/mesh.ts';
import { type Camera, rotationMatrix } from './camera.ts';
import { fillTriangle, type RasterTarget } from './raster.ts';

/** What one camera sees at one instant. Row-major images, first row at the top. */
export interface Frame {
  readonly camera: Camera;
  /** [height, width, 3] sRGB, 0..255. */
  readonly colour: Uint8Array;
  /** [height, width] metres along the optical axis; 0 = no return. */
  readonly depth: Float32Array;
  /** [height, width]: 0 nothing, 1 table or bin, 2 + i object i. */
  readonly segmentation: Uint8Array;
}

/** A mesh in the world. `pose` is T_world_mesh; colours are linear RGB in 0..1. */
export interface Instance {
  readonly mesh: Mesh;
  readonly pose: Pose;
  readonly colour: Vec3;
  /** Part of the table as far as the segmentation goes; such instances come after the objects. */
  readonly background?: boolean;
}

export interface Lighting {
  /** Direction towards the light, world frame; need not be unit. */
  readonly towardsLight: Vec3;
  /** Share of light that comes from everywhere, 0..1. */
  readonly ambient: number;
  readonly tableColour: Vec3;
  readonly shadows: boolean;
  /** Contrast of a solid random texture (value noise over the world position), 0 = plain, 1 = down to black. */
  readonly texture: number;
}

export const LIGHTING_DEFAULTS: Lighting = {
  towardsLight: [0.4, 0.25, 1],
  ambient: 0.45,
  tableColour: [0.36, 0.34, 0.32],
  shadows: true,
  texture: 0,
};

const NEAR = 0.02;
/** Half the side of the square of table that can be seen, metres; beyond it there is nothing. */
const TABLE_HALF = 0.6;
const SHADOW_PX = 160;
/** The shadow map covers this square of the table, half side in metres. */
const SHADOW_HALF = 0.32;
const SHADOW_BIAS = 0.004;

/** Vertices in the world frame, [vertices, 3]. */
function worldVertices({ mesh, pose }: Instance): Float32Array {
  const r = rotationMatrix(pose);
  const [ox, oy, oz] = pose.position;
  const p = mesh.positions;
  const out = new Float32Array(p.length);
  for (let i = 0; i < p.length; i += 3) {
    const [x, y, z] = [p[i], p[i + 1], p[i + 2]];
    out[i] = r[0] * x + r[1] * y + r[2] * z + ox;
    out[i + 1] = r[3] * x + r[4] * y + r[5] * z + oy;
    out[i + 2] = r[6] * x + r[7] * y + r[8] * z + oz;
  }
  return out;
}

/** [vertices, 3]: u, v in pixels and 1 / depth (0 = too near or behind). */
function projectVertices(vertices: Float32Array, camera: Camera): Float32Array {
  const r = rotationMatrix(camera.pose);
  const { fx, fy, cx, cy } = camera.intrinsics;
  const [ox, oy, oz] = camera.pose.position;
  const out = new Float32Array(vertices.length);
  for (let i = 0; i < vertices.length; i += 3) {
    const [x, y, z] = [vertices[i] - ox, vertices[i + 1] - oy, vertices[i + 2] - oz];
    const depth = r[2] * x + r[5] * y + r[8] * z;
    if (depth < NEAR) continue;
    const inverse = 1 / depth;
    out[i] = fx * (r[0] * x + r[3] * y + r[6] * z) * inverse + cx;
    out[i + 1] = fy * (r[1] * x + r[4] * y + r[7] * z) * inverse + cy;
    out[i + 2] = inverse;
  }
  return out;
}

/** Directional-light depth of the scene: [SHADOW_PX, SHADOW_PX], height along the light direction, -Infinity = empty. */
function shadowMap(world: readonly Float32Array[], instances: readonly Instance[], light: Vec3): RasterTarget {
  const size = SHADOW_PX;
  const target: RasterTarget = {
    width: size,
    height: size,
    inverse: new Float32Array(size * size).fill(Number.NEGATIVE_INFINITY),
    owner: new Int32Array(size * size),
  };
  const s = size / (2 * SHADOW_HALF);
  instances.forEach(({ mesh: { indices } }, k) => {
    const v = world[k];
    // sheared orthographic view: a point slides along the light to the plane z = 0; image y is flipped so that faces
    // towards the light come out clockwise
    const flat = new Float32Array(v.length);
    for (let i = 0; i < v.length; i += 3) {
      flat[i] = (v[i] - (light[0] / light[2]) * v[i + 2] + SHADOW_HALF) * s;
      flat[i + 1] = (SHADOW_HALF - v[i + 1] + (light[1] / light[2]) * v[i + 2]) * s;
      flat[i + 2] = v[i + 2];
    }
    for (let i = 0; i < indices.length; i += 3) {
      const [a, b, c] = [indices[i] * 3, indices[i + 1] * 3, indices[i + 2] * 3];
      fillTriangle(
        target,
        k,
        flat[a],
        flat[a + 1],
        flat[a + 2],
        flat[b],
        flat[b + 1],
        flat[b + 2],
        flat[c],
        flat[c + 1],
        flat[c + 2],
      );
    }
  });
  return target;
}

/** Linear light 0..1 to sRGB 0..255, tabulated. */
const SRGB = Uint8Array.from({ length: 1025 }, (_, i) => {
  const x = i / 1024;
  return Math.round(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * pow(x, 1 / 2.4) - 0.055));
});

/** @param x linear light, 0 or more. */
function toSrgb(x: number): number {
  const i = (x * 1024) | 0;
  return SRGB[Math.min(i, 1024)];
}

/**
 * Renders the table (plane z = 0) and the instances: colour (Lambert, one directional light with shadows, ambient),
 * depth and segmentation. A z-buffer rasteriser in plain arithmetic: the same input gives the same bytes everywhere.
 */
export function renderFrame(camera: Camera, instances: readonly Instance[], lighting: Lighting): Frame {
  const { widthPx: width, heightPx: height } = camera.intrinsics;
  const target: RasterTarget = {
    width,
    height,
    inverse: new Float32Array(width * height),
    owner: new Int32Array(width * height).fill(-2),
  };
  drawTable(target, camera);
  const light = normalize(lighting.towardsLight);
  const world = instances.map(worldVertices);
  const triangles = numberTriangles(instances);
  instances.forEach((instance, k) => {
    drawInstance(target, camera, instance, world[k], triangles.first[k]);
  });
  const shadows = lighting.shadows ? shadowMap(world, instances, light) : undefined;
  return resolve(target, camera, instances, world, lighting, light, triangles, shadows);
}

/** Every triangle of the scene has a number, by which a pixel knows what it shows. */
interface Triangles {
  /** Number of each instance's first triangle. */
  readonly first: readonly number[];
  /** [triangles] instance of each. */
  readonly instance: Int32Array;
}

function numberTriangles(instances: readonly Instance[]): Triangles {
  const first: number[] = [];
  let total = 0;
  for (const { mesh } of instances) {
    first.push(total);
    total += mesh.indices.length / 3;
  }
  const instance = new Int32Array(total);
  first.forEach((from, k) => {
    instance.fill(k, from, first[k + 1] ?? total);
  });
  return { first, instance };
}

/** The table seen as the plane z = 0: 1 / depth is linear over the image. */
function drawTable(t: RasterTarget, camera: Camera): void {
  const [r0, r1, r2, r3, r4, r5, r6, r7, r8] = rotationMatrix(camera.pose);
  const { fx, fy, cx, cy } = camera.intrinsics;
  const [ox, oy, oz] = camera.pose.position;
  const { width, height, owner, inverse } = t;
  const perFx = 1 / fx;
  const perHeight = 1 / oz;
  for (let v = 0, i = 0; v < height; v++) {
    const y = (v + 0.5 - cy) / fy;
    for (let u = 0; u < width; u++, i++) {
      const x = (u + 0.5 - cx) * perFx;
      const down = -(r6 * x + (r7 * y + r8));
      if (down <= 1e-6) continue;
      // |eye + depth * ray| <= half, times down
      const reach = TABLE_HALF * down;
      if (Math.abs(ox * down + oz * (r0 * x + (r1 * y + r2))) > reach) continue;
      if (Math.abs(oy * down + oz * (r3 * x + (r4 * y + r5))) > reach) continue;
      inverse[i] = down * perHeight;
      owner[i] = -1;
    }
  }
}

/** @param first number of the instance's first triangle. */
function drawInstance(t: RasterTarget, camera: Camera, { mesh }: Instance, world: Float32Array, first: number): void {
  const image = projectVertices(world, camera);
  const { indices } = mesh;
  for (let i = 0, owner = first; i < indices.length; i += 3, owner++) {
    const a = indices[i] * 3;
    const b = indices[i + 1] * 3;
    const c = indices[i + 2] * 3;
    if (image[a + 2] === 0 || image[b + 2] === 0 || image[c + 2] === 0) continue;
    fillTriangle(
      t,
      owner,
      image[a],
      image[a + 1],
      image[a + 2],
      image[b],
      image[b + 1],
      image[b + 2],
      image[c],
      image[c + 1],
      image[c + 2],
    );
  }
}

/** max(0, n . l) of a triangle. */
function lambert(v: Float32Array, a: number, b: number, c: number, light: Vec3): number {
  const ux = v[b] - v[a];
  const uy = v[b + 1] - v[a + 1];
  const uz = v[b + 2] - v[a + 2];
  const wx = v[c] - v[a];
  const wy = v[c + 1] - v[a + 1];
  const wz = v[c + 2] - v[a + 2];
  const nx = uy * wz - uz * wy;
  const ny = uz * wx - ux * wz;
  const nz = ux * wy - uy * wx;
  const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
  return length > 0 ? Math.max(0, (nx * light[0] + ny * light[1] + nz * light[2]) / length) : 0;
}

/** Side of the finest patch of the texture, metres. */
const GRAIN = 0.006;

/** Value noise in 0..1 over space, two octaves; `surface` keeps surfaces apart. */
function solidNoise(x: number, y: number, z: number, surface: number): number {
  const patch = (scale: number): number => {
    let h = Math.imul(Math.floor(x / scale), 0x27d4eb2d) ^ Math.imul(Math.floor(y / scale), 0x165667b1);
    h ^= Math.imul(Math.floor(z / scale), 0x1b873593) ^ Math.imul(surface + 1, 0x51ed270b);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
  };
  return 0.6 * patch(GRAIN * 4) + 0.4 * patch(GRAIN);
}

/** Turns the buffers into a frame: depth, segmentation, and shaded colour with shadows. Plain numbers only: it is the hottest loop. */
function resolve(
  t: RasterTarget,
  camera: Camera,
  instances: readonly Instance[],
  world: readonly Float32Array[],
  lighting: Lighting,
  light: Vec3,
  { first, instance }: Triangles,
  shadows: RasterTarget | undefined,
): Frame {
  const count = t.width * t.height;
  const colour = new Uint8Array(count * 3);
  const depth = new Float32Array(count);
  const segmentation = new Uint8Array(count);
  const [r0, r1, r2, r3, r4, r5, r6, r7, r8] = rotationMatrix(camera.pose);
  const { fx, fy, cx, cy } = camera.intrinsics;
  const [ox, oy, oz] = camera.pose.position;
  const sx = light[0] / light[2];
  const sy = light[1] / light[2];
  const s = SHADOW_PX / (2 * SHADOW_HALF);
  const map = shadows?.inverse;
  const perFx = 1 / fx;
  const { ambient, texture } = lighting;
  // row 0 is the table, row 1 + k instance k
  const colours = Float64Array.from([lighting.tableColour, ...instances.map((i) => i.colour)].flat());
  const labels = Uint8Array.from([1, ...instances.map(({ background }, k) => (background ? 1 : 2 + k))]);
  /** What each triangle gets of the light, computed when a pixel first shows it; -1 before. */
  const shade = new Float64Array(instance.length).fill(-1);
  const { width, height, owner: owners, inverse } = t;
  for (let v = 0, i = 0; v < height; v++) {
    const y = (v + 0.5 - cy) / fy;
    const rowX = r1 * y + r2;
    const rowY = r4 * y + r5;
    const rowH = r7 * y + r8;
    for (let u = 0; u < width; u++, i++) {
      const owner = owners[i];
      if (owner === -2) continue;
      const z = 1 / inverse[i];
      depth[i] = z;
      const row = owner < 0 ? 0 : 1 + instance[owner];
      segmentation[i] = labels[row];
      let lit = light[2];
      if (owner >= 0) {
        lit = shade[owner];
        if (lit < 0) {
          const { indices } = instances[row - 1].mesh;
          const at = 3 * (owner - first[row - 1]);
          lit = lambert(world[row - 1], 3 * indices[at], 3 * indices[at + 1], 3 * indices[at + 2], light);
          shade[owner] = lit;
        }
      }
      const x = (u + 0.5 - cx) * perFx;
      const h = oz + z * (r6 * x + rowH);
      const wx = ox + z * (r0 * x + rowX);
      const wy = oy + z * (r3 * x + rowY);
      if (map && lit > 0) {
        const mu = (wx - sx * h + SHADOW_HALF) * s;
        const mv = (SHADOW_HALF - (wy - sy * h)) * s;
        const inside = mu >= 0 && mv >= 0 && mu < SHADOW_PX && mv < SHADOW_PX;
        if (inside && map[(mv | 0) * SHADOW_PX + (mu | 0)] > h + SHADOW_BIAS) lit = 0;
      }
      let amount = ambient + (1 - ambient) * lit;
      if (texture > 0) amount *= 1 - texture * solidNoise(wx, wy, h, labels[row]);
      colour[3 * i] = toSrgb(colours[3 * row] * amount);
      colour[3 * i + 1] = toSrgb(colours[3 * row + 1] * amount);
      colour[3 * i + 2] = toSrgb(colours[3 * row + 2] * amount);
    }
  }
  return { camera, colour, depth, segmentation };
}

/**
 * The exact height of the scene seen from straight above (no occlusion, no noise), on a heightmap's grid: ground truth.
 * @returns height [size, size] metres above the table, and the instance seen at each cell (-1 = table).
 */
export function trueHeights(
  instances: readonly Instance[],
  size: number,
  cell: number,
): { height: Float32Array; owner: Int32Array } {
  const target: RasterTarget = {
    width: size,
    height: size,
    inverse: new Float32Array(size * size),
    owner: new Int32Array(size * size).fill(-1),
  };
  instances.forEach((instance, k) => {
    const v = worldVertices(instance);
    const { indices } = instance.mesh;
    for (let i = 0; i < v.length; i += 3) {
      v[i] = v[i] / cell + size / 2;
      v[i + 1] = v[i + 1] / cell + size / 2;
    }
    for (let i = 0; i < indices.length; i += 3) {
      // rows run along +Y here, so faces that look up are counter-clockwise: swap two corners
      const [a, b, c] = [indices[i] * 3, indices[i + 2] * 3, indices[i + 1] * 3];
      fillTriangle(target, k, v[a], v[a + 1], v[a + 2], v[b], v[b + 1], v[b + 2], v[c], v[c + 1], v[c + 2]);
    }
  });
  return { height: target.inverse, owner: target.owner };
}
