/** Mesh files: errors and checks that their readers share. */
import type { Mesh } from '../objects/mesh.ts';

/** A mesh or URDF file that cannot be used; the message says which, what was expected and what was found. */
export class MeshFileError extends Error {}

/** More triangles than this are refused: nothing is simplified behind the user's back. */
export const MAX_TRIANGLES = 1_000_000;

/** @throws MeshFileError unless there is at least one triangle and not more than {@link MAX_TRIANGLES}. */
export function expectTriangleCount(count: number, file: string): void {
  if (count > MAX_TRIANGLES)
    throw new MeshFileError(
      `${file}: expected at most ${thousands(MAX_TRIANGLES)} triangles, got ${thousands(count)}; simplify the mesh first`,
    );
  if (count < 1) throw new MeshFileError(`${file}: expected at least one triangle, got none`);
}

const thousands = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** What of the text an error shows. */
export const excerpt = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return `'${line.length > 60 ? `${line.slice(0, 57)}...` : line}'`;
};

/** @throws MeshFileError if a coordinate is not finite. */
export function expectFinite({ positions }: Mesh, file: string): void {
  const at = positions.findIndex((x) => !Number.isFinite(x));
  if (at >= 0)
    throw new MeshFileError(
      `${file}: expected finite coordinates, got ${positions[at]} in vertex ${Math.floor(at / 3) + 1}`,
    );
}

/** The text of a file. @throws MeshFileError if it is not UTF-8. */
export function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new MeshFileError(`${file}: expected UTF-8 text, got other bytes`);
  }
}
